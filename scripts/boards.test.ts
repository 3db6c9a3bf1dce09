/** Several boards at once, as their users see it: `npm run hil -- --board all` as a process, on virtual boards. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BoardsResult } from '../harness/record/boards-result.ts';
import type { RunHeader } from '../harness/record/events.ts';
import { processesOf, startHil, type Finished, type RunningHil } from './testdata/start-hil.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-boards-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const brief = ['--duration', '1', '--spec', 'payload'];
/** Two that have their servers to themselves, and two that share one. */
const shared = { address: '127.0.11.1', port: 4510 };
const bench = [
  { name: 'one', tier: 'virtual', labels: ['healthy'] },
  { name: 'two', tier: 'virtual', labels: ['healthy'], server: shared },
  { name: 'three', tier: 'virtual', labels: ['healthy'], server: shared },
  { name: 'unplugged', usb: { serialNumber: 'of none' }, labels: ['real'] },
];

describe('all boards of the bench file', () => {
  const junit = join(scratch, 'junit.xml');
  let all: Finished<BoardsResult>;
  beforeAll(async () => {
    all = await runBoards(['--board', 'all', ...brief, '--junit', junit]).ended;
  });

  it('are judged by a run each, side by side, and the one that is missing makes the whole inconclusive', () => {
    const { exitCode, output, result } = all;
    expect(exitCode).toBe(2);
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      summary: '1 of 4 boards could not be judged: unplugged',
    });
    expect(result?.boards.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'one passed',
      'two passed',
      'three passed',
      'unplugged inconclusive',
    ]);
    expect(output).toContain('hil: 4 boards, 3 at once: those with one server take turns');
    expect(output).toMatch(/^\[unplugged\] +.*BOARD_ABSENT/m);
    expect(output).toMatch(/^one +one \(virtual board \d+\), not a real board .* 2 of 2 .* passed$/m);
    expect(readFileSync(junit, 'utf8').match(/<testsuite name="\w+"/g)).toHaveLength(4);
  });

  it('leave a record each, and one page that leads to their reports', () => {
    const { record = '', boards = [] } = all.result ?? {};
    const page = readFileSync(join(root, record, 'report.html'), 'utf8');
    const hrefs = [...page.matchAll(/<a href="([^"]+)">/g)].map(([, href = '']) => href);
    expect(hrefs).toHaveLength(4);
    for (const href of hrefs) expect(existsSync(resolve(root, record, href))).toBe(true);
    expect(new Set(boards.map(({ run }) => run?.record)).size).toBe(4);
    for (const { name, run } of boards) {
      const header = JSON.parse(readFileSync(join(root, run?.record ?? '', 'run.json'), 'utf8')) as RunHeader;
      expect(header.board).toContain(name);
      expect(run?.firmware?.elfSha256).toBe(header.firmware?.elfSha256);
    }
  });

  it('can be chosen by a label', async () => {
    const { exitCode, result } = await runBoards(['--board', 'label:real', ...brief]).ended;
    expect(exitCode).toBe(2);
    expect(result?.boards.map(({ name }) => name)).toEqual(['unplugged']);
  });
});

describe('wrong usage is told before any run', () => {
  it.each([
    [
      ['--board', 'label:none'],
      /BOARD_UNKNOWN: No board has the label "none".*\nNext: choose one of healthy, real/,
    ],
    [['--board', 'all', '--spec', 'nope'], /There is no spec named "nope"/],
    [['--board', 'all', '--serial'], /--serial has no meaning beside --board all/],
  ])('%j', async (args, sentence) => {
    const { exitCode, output, result } = await runBoards(args).ended;
    expect(output).toMatch(sentence);
    expect(exitCode).toBe(64);
    expect(result).toBeUndefined();
  });
});

describe('stopped by Ctrl-C', () => {
  it('ends every run in order, with its verdict, and leaves no process behind', async () => {
    const hil = runBoards(['--board', 'label:healthy', '--duration', '60']);
    await hil.says(/^\[one\] .* observe /m, /^\[two\] .* observe /m);
    hil.process.kill('SIGINT');
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(130);
    expect(result).toMatchObject({ verdict: 'interrupted' });
    const [one, two, three] = result?.boards ?? [];
    for (const board of [one, two]) expect(board?.run).toMatchObject({ verdict: 'interrupted', errors: [] });
    // It was not its turn yet.
    expect(three).toMatchObject({ verdict: 'interrupted' });
    expect(three).not.toHaveProperty('run');
    expect(processesOf(scratch)).toEqual([]);
  });
});

function runBoards(args: readonly string[]): RunningHil<BoardsResult> {
  return startHil(args, { bench, scratch });
}
