import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { BoardStalls } from '../../record/board-stalls.ts';
import { StallWatch } from './stall-watch.ts';

const keepsAccounts = existsSync('/proc/self/schedstat');

function scratchFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'stall-watch-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
  });
  return join(dir, 'stalls.jsonl');
}

/** How long the kernel says that a process has waited for a processor. */
function waitedMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
}

/** Busy loops of a process each, all on one processor. */
function startHogs(count: number): number[] {
  return Array.from({ length: count }, () => {
    const hog = spawn('taskset', ['-c', '0', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
    onTestFinished(() => void hog.kill('SIGKILL'));
    if (hog.pid === undefined) throw new Error('no taskset');
    return hog.pid;
  });
}

describe.skipIf(!keepsAccounts)('a program among others that want its processor', () => {
  test('is noted to have been held up for as long as the kernel says', async () => {
    const [pid = 0] = startHogs(4);
    const file = scratchFile();
    const before = waitedMs(pid);
    const watch = new StallWatch(pid, file);
    const stalls = new BoardStalls(file);
    const sumMs = () =>
      (stalls.soFar ?? []).reduce((sum, { fromNs, toNs }) => sum + (toNs - fromNs) / 1e6, 0);
    await vi.waitFor(() => {
      expect(sumMs()).toBeGreaterThan(200);
    }, 20_000);
    watch[Symbol.dispose]();
    const saysMs = waitedMs(pid) - before;
    expect(sumMs()).toBeGreaterThan(saysMs / 2);
    expect(sumMs()).toBeLessThan(saysMs + 0.001);
  });
});

test('of a program that has ended nothing is known', () => {
  const file = scratchFile();
  new StallWatch(2 ** 22 + 1, file)[Symbol.dispose]();
  expect(new BoardStalls(file).soFar).toBeUndefined();
});
