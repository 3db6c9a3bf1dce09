import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BoardStalls } from './board-stalls.ts';

function scratchFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'board-stalls-'));
  onTestFinished(() => {
    rmSync(dir, { recursive: true });
  });
  return join(dir, 'stalls.jsonl');
}

const stall = (fromNs: number) => ({ kind: 'board-stall', fromNs, toNs: fromNs + 2e6 });
const line = (fromNs: number) => `${JSON.stringify(stall(fromNs))}\n`;

it('knows nothing of a board that notes nothing', () => {
  expect(new BoardStalls(scratchFile()).soFar).toBeUndefined();
});

it('reads on where it stopped, whole lines only', () => {
  const file = scratchFile();
  const stalls = new BoardStalls(file);
  appendFileSync(file, '');
  expect(stalls.soFar).toEqual([]);
  appendFileSync(file, line(1) + line(2).slice(0, 9));
  expect(stalls.soFar).toEqual([stall(1)]);
  appendFileSync(file, line(2).slice(9) + line(3));
  expect(stalls.soFar).toEqual([stall(1), stall(2), stall(3)]);
  expect(stalls.soFar).toHaveLength(3);
});
