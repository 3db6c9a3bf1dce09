import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { forEachParallel } from '../build/for-each-parallel.ts';
import type { BoardEntry } from '../boards/board-entry.ts';
import { BenchError, describeError, type PortableError } from '../errors.ts';
import type { BoardOutcome, BoardsResult } from '../record/boards-result.ts';
import type { Endpoint } from '../record/events.ts';
import { boardArguments } from './board-arguments.ts';
import { concludeBoards } from './conclude-boards.ts';
import { findFreeAddresses } from './free-addresses.ts';
import { runHilProcess } from './hil-process.ts';
import { planTurns, type Turn } from './plan-turns.ts';

/** Somebody who watches: the terminal. */
export interface BoardsView {
  introduce(plan: {
    readonly turns: readonly Turn[];
    readonly queues: number;
    readonly record: string;
  }): void;
  /** A line that a board's run prints. */
  line(name: string, line: string): void;
  judged(outcome: BoardOutcome): void;
}

export interface BoardsOptions {
  /** Root of the repository. */
  readonly root: string;
  readonly boards: readonly BoardEntry[];
  /** How many at once; absent: all. */
  readonly jobs?: number;
  /** As the command line has it: outranks what the bench file says. */
  readonly server: { readonly address?: string; readonly port?: number };
  /** Where a board without a server of its own is served. */
  readonly defaultServer: (entry: BoardEntry) => Endpoint;
  /** The command line, for the boards' runs. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly view: BoardsView;
}

/** A run bounds its own waits, and may be meant to take a day: the longest that a timer can wait. */
const runTimeoutMs = 2 ** 31 - 1;

/**
 * Judges several boards, each by a run of its own in a process of its own, at once where each has a server of its own. Always ends
 * with a result; also when `signal` aborts, which ends every run in order.
 */
export async function judgeBoards(options: BoardsOptions): Promise<BoardsResult> {
  const { root, boards, jobs, args, cwd, signal, view } = options;
  const now = new Date();
  const id = `${now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)}-boards-${process.pid}`;
  const dir = makeFolder(join(root, 'runs', id));
  const turns = placeServers(options);
  const queues = planTurns(turns);
  view.introduce({ turns, queues: queues.length, record: relative(root, dir) });
  const outcomes = new Map<string, BoardOutcome>();
  await forEachParallel(queues, Math.min(jobs ?? queues.length, queues.length), async (queue) => {
    for (const { entry, server } of queue) {
      if (signal.aborted) return;
      const { name } = entry;
      const judged = runHilProcess({
        root,
        name,
        args: boardArguments(args, name),
        server,
        jsonFile: join(dir, `${name}.json`),
        cwd,
        logFile: join(dir, `${name}.log`),
        timeoutMs: runTimeoutMs,
        signal,
        onLine: (line) => {
          view.line(name, line);
        },
      });
      const outcome = await judged.then(
        (run): BoardOutcome => ({ ...about(entry), verdict: run.verdict, summary: run.summary, run }),
        (error: unknown) => (signal.aborted ? notJudged(entry) : withoutRun(entry, describeError(error))),
      );
      outcomes.set(name, outcome);
      view.judged(outcome);
    }
  });
  const all = boards.map((entry) => outcomes.get(entry.name) ?? notJudged(entry));
  const result: BoardsResult = {
    schema: 1,
    id,
    startedAt: now.toISOString(),
    ...concludeBoards(all, signal.aborted),
    boards: all,
    timingsMs: { total: performance.now() },
    record: relative(root, dir),
  };
  writeWhole(join(dir, 'boards.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** A virtual board that nobody has given a server gets a loopback address of its own: it need not wait for any other. */
function placeServers({ root, boards, server, defaultServer }: BoardsOptions): Turn[] {
  const isFree = (entry: BoardEntry) =>
    entry.tier === 'virtual' && server.address === undefined && entry.server?.address === undefined;
  const free = findFreeAddresses(boards.filter(isFree).length, root);
  return boards.map((entry) => {
    const usual = (isFree(entry) ? free.pop() : undefined) ?? defaultServer(entry);
    return { entry, server: { ...usual, ...entry.server, ...server } };
  });
}

function about({ name, labels }: BoardEntry): Pick<BoardOutcome, 'name' | 'labels'> {
  return { name, labels };
}

function notJudged(entry: BoardEntry): BoardOutcome {
  return { ...about(entry), verdict: 'interrupted', summary: 'stopped before there was a verdict' };
}

function withoutRun(entry: BoardEntry, { fault, code, message }: PortableError): BoardOutcome {
  const [summary = ''] = message.split('\n', 1);
  return { ...about(entry), verdict: 'inconclusive', summary, error: { fault, code, message } };
}

function makeFolder(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true });
    return dir;
  } catch (cause) {
    throw new BenchError('RECORD_FAILED', {
      what: `The folder of the boards' runs can't be made: ${(cause as Error).message}`,
      where: dir,
      next: 'make room on the disk, or see that runs/ can be written to, and run again',
      cause,
    });
  }
}

/** Written beside and renamed: a reader never sees half of it. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}
