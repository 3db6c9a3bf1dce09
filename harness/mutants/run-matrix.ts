import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../errors.ts';
import { forEachParallel } from '../build/for-each-parallel.ts';
import { buildForHost } from '../build/host-build.ts';
import type { Endpoint } from '../record/events.ts';
import type { RunResult } from '../record/verdict.ts';
import { findFreeAddresses } from '../fleet/free-addresses.ts';
import { runHilProcess } from '../fleet/hil-process.ts';
import { judgeMutant, type RunEnd } from './judge-mutant.ts';
import { leaveOtaUpdate } from './leave-ota-update.ts';
import { judgeHealthy, makeMatrix, type Matrix, type MutantRun } from './matrix.ts';
import { copyFirmware, mutateFirmware } from './mutate-firmware.ts';
import type { Mutant } from './mutant.ts';

export interface MatrixRunOptions {
  /** Root of the repository. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  /** Judge the firmware as it is, too. */
  readonly withHealthy: boolean;
  /** These are all mutants that there are. */
  readonly all: boolean;
  /** How many runs at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onRun: (run: FinishedRun) => void;
  /** So many could not be judged beside the others, and are judged again, one at a time. */
  readonly onOpen: (count: number) => void;
}

/** A run that has ended; without a mutant it is that of the firmware as it is. */
export interface FinishedRun {
  readonly mutant?: Mutant;
  readonly end: RunEnd;
}

/** Undisturbed observation of a mutant, unless it asks for more: 30 datagrams show most bugs. */
const usualDurationMs = 3_000;

/** A run that takes longer has lost its way: a healthy one takes 10 s, one that waits for a silent board 60 s. */
const runTimeoutMs = 180_000;

/**
 * Builds and judges each mutant by a run of its own (`npm run hil`), some at once, and puts the outcomes together. The
 * firmware as it is comes first. What the bench could not judge, busy as it was with the others, is judged once more when they
 * are done, alone; what was judged is never judged again.
 */
export async function runMatrix(options: MatrixRunOptions): Promise<Matrix> {
  const { root, mutants, withHealthy, all, jobs, signal, onRun, onOpen } = options;
  const free = findFreeAddresses(jobs, root);
  const scratch = await mkdtemp(join(tmpdir(), 'hil-mutants-'));
  const finished = new Map<Mutant | undefined, RunEnd>();
  try {
    const work: Work[] = [...(withHealthy ? [{}] : []), ...mutants.map((mutant) => ({ mutant }))];
    const judge = async ({ mutant }: Work): Promise<void> => {
      const server = free.pop();
      if (server === undefined) throw new Error('as many addresses as jobs');
      const dir = join(scratch, mutant?.name ?? 'as-it-is');
      const end = await judgeFirmware({ root, mutant, dir, server, signal }).catch(
        (error: unknown): RunEnd => {
          // One that can't be judged is a row of its own; the others are judged all the same.
          signal.throwIfAborted();
          return { error: describeError(error) };
        },
      );
      free.push(server);
      await rm(dir, { recursive: true, force: true });
      finished.set(mutant, end);
      onRun({ ...(mutant && { mutant }), end });
    };
    await forEachParallel(work, jobs, judge);
    const open = work.filter(({ mutant }) => isOpen(mutant, finished.get(mutant)));
    if (open.length > 0 && jobs > 1) {
      onOpen(open.length);
      await forEachParallel(open, 1, judge);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return makeMatrix({
    healthy: finished.get(undefined),
    runs: mutants.flatMap((mutant): MutantRun[] => {
      const end = finished.get(mutant);
      return end === undefined ? [] : [{ mutant, end }];
    }),
    all,
  });
}

/** Without a mutant: the firmware as it is. */
interface Work {
  readonly mutant?: Mutant;
}

/** Could the bench not judge it? */
function isOpen(mutant: Mutant | undefined, end: RunEnd | undefined): boolean {
  if (end === undefined) return false;
  const { outcome } = mutant === undefined ? judgeHealthy(end) : judgeMutant(mutant, end);
  return outcome === 'inconclusive';
}

interface JudgeOptions {
  readonly root: string;
  readonly mutant: Mutant | undefined;
  /** For the copy of the firmware. */
  readonly dir: string;
  readonly server: Endpoint;
  readonly signal: AbortSignal;
}

/** One run, by the program that people run. */
async function judgeFirmware(options: JudgeOptions): Promise<RunResult> {
  const { root, mutant, dir, server, signal } = options;
  await (mutant === undefined ? copyFirmware({ root, dir }) : mutateFirmware(mutant, { root, dir, signal }));
  const what =
    mutant?.afterOta === true ? ['--build-dir', await buildAfterOta(options)] : ['--firmware', dir];
  const result = await runHilProcess({
    root,
    name: mutant?.name ?? 'the firmware as it is',
    args: ['--board', 'virtual', ...what, '--duration', `${mutant?.durationMs ?? usualDurationMs}ms`],
    server,
    jsonFile: join(dir, 'verdict.json'),
    timeoutMs: runTimeoutMs,
    signal,
  });
  // What an interrupted run says is no outcome of a mutant.
  signal.throwIfAborted();
  return result;
}

/** The mutant's build, with that of the unchanged firmware as the update before it. */
async function buildAfterOta({ root, dir, server, signal }: JudgeOptions): Promise<string> {
  const config = { EXAMPLE_IPV4_ADDR: server.address, EXAMPLE_PORT: server.port };
  const build = (firmwareDir: string, name: string) =>
    buildForHost({ firmwareDir, buildDir: join(dir, name), config, signal });
  const { buildDir: older } = await build(join(root, 'firmware'), 'build-older');
  const { buildDir } = await build(dir, 'build');
  await leaveOtaUpdate(buildDir, older);
  return buildDir.dir;
}
