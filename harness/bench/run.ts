import { arch, cpus, release } from 'node:os';
import { join, relative } from 'node:path';
import type { Board } from '../boards/board.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { selectBoard } from '../boards/select-board.ts';
import { openBuild } from '../build/unpack-build.ts';
import { UsageError } from '../errors.ts';
import { checkSpecName, specFolder } from '../fixtures/spec-files.ts';
import { readRun } from '../record/read-run.ts';
import { RunRecorder } from '../record/run-recorder.ts';
import type { RunResult } from '../record/verdict.ts';
import { hostNow } from '../time/clock.ts';
import { compareRun, concludeComparison } from './compare-run.ts';
import { concludeRun, interrupted } from './conclude-run.ts';
import { readBenchFile } from './bench-file.ts';
import { judgeBoard } from './judge-board.ts';
import { measureRecord } from './measure-record.ts';
import type { Reference } from './open-reference.ts';
import type { RunOptions } from './options.ts';
import { RunProgress } from './run-progress.ts';
import type { RunView } from './run-view.ts';
import { findLeak } from './find-leak.ts';
import { secretsOf, type FoundCredentials } from './wifi-credentials.ts';

export interface RunContext {
  /** Root of the repository. */
  readonly root: string;
  readonly view: RunView;
  readonly signal: AbortSignal;
  readonly wifi: FoundCredentials;
  /** What the run is to be compared with. */
  readonly reference?: Reference | undefined;
  /** What is known of the versions of things only while the run goes on. */
  readonly versions: Promise<Readonly<Record<string, string>>>;
  /** Asked when the build is known and before it is flashed; what it throws ends the run. */
  readonly onBuilt?: (build: BuildDirectory, recordDir: string) => Promise<void>;
}

/**
 * One run: build, flash, boot, observe, judge. Always ends with a result, in its record too; whatever it opened is
 * closed again when it returns.
 *
 * @throws UsageError when the run could not be made as asked. If that came out only on the way, there is a record of it.
 */
export async function run(
  options: RunOptions,
  { root, view, signal, wifi, reference, versions, onBuilt }: RunContext,
): Promise<RunResult> {
  if (options.spec !== undefined) checkSpecName(specFolder(root, options.profile.name), options.spec);
  const book = readBenchFile(root, options.configFile);
  const { role } = options.profile;
  const wish = {
    ...options,
    ...(options.buildDir !== undefined && {
      buildDir: await openBuild(options.buildDir, join(root, '.hil/builds')),
    }),
    role,
    book,
    buildsDir: buildsDir(options, root),
    root,
    signal,
    onTrouble: (text: string) => {
      view.warn(text);
    },
  };
  const { board: selected, why } = await selectBoard(wish);
  await using board = selected;
  // Records travel; absolute paths of this machine don't.
  const firmwareDir = relative(root, options.firmwareDir) || '.';
  const recorder = openRecorder({ ...options, firmwareDir }, board, root);
  view.introduce({
    board: board.name,
    realBoard: board.real,
    why,
    firmwareDir,
    periodMs: options.profile.periodMs,
    record: relative(root, recorder.dir),
  });

  if (wifi.warning !== undefined) view.warn(wifi.warning);
  const secrets = secretsOf(wifi.credentials);
  const progress = new RunProgress(recorder, view, signal, secrets);
  let wrongUsage: UsageError | undefined;
  try {
    await judgeBoard({
      board,
      options,
      firmwareDir,
      root,
      recorder,
      progress,
      credentials: wifi.credentials,
      secrets,
      signal,
      ...(onBuilt && { onBuilt }),
    });
  } catch (error) {
    if (!signal.aborted) {
      progress.fail(error);
      if (error instanceof UsageError) wrongUsage = error;
    }
  }
  recorder.describe({ versions: { ...systemVersions, ...(await versions) } });
  const leak = await findLeak(recorder.dir, secrets);
  if (leak) progress.fail(leak);
  if (recorder.failure) progress.fail(recorder.failure);
  const isMeasured = !signal.aborted && wrongUsage === undefined && recorder.failure === undefined;
  const comparison =
    reference && !signal.aborted
      ? compareRun(
          isMeasured ? measureRecord(readRun(recorder.dir), progress.timingsMs) : undefined,
          reference,
          options.confidence,
        )
      : undefined;
  const conclusion = concludeRun(progress.claims, progress.errors, progress.skipped);
  const result: RunResult = {
    schema: 1,
    id: recorder.id,
    startedAt: recorder.startedAt,
    ...(signal.aborted ? interrupted : concludeComparison(conclusion, comparison)),
    tier: board.tier,
    board: board.name,
    realBoard: board.real,
    ...(progress.firmware && { firmware: progress.firmware }),
    claims: progress.claims,
    ...(progress.skipped.length > 0 && { skipped: progress.skipped }),
    errors: progress.errors,
    timingsMs: { ...progress.timingsMs, total: performance.now() },
    ...(progress.statistics && { statistics: progress.statistics }),
    ...(comparison && { comparison }),
    ...(progress.capture && { capture: progress.capture }),
    record: relative(root, recorder.dir),
  };
  recorder.writeResult(result);
  if (wrongUsage) throw wrongUsage;
  view.finish(result);
  return result;
}

/** Into a tree that is not ours, ESP-IDF's for one, nothing is written. */
function buildsDir({ buildsDir: chosen, profile, firmwareDir }: RunOptions, root: string): string {
  if (chosen !== undefined) return chosen;
  return profile.name === undefined ? firmwareDir : join(root, '.hil/builds', profile.name);
}

const systemVersions = {
  node: process.version,
  system: `${process.platform} ${release()} ${arch()}`,
  processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
};

function openRecorder(options: RunOptions, board: Board, root: string): RunRecorder {
  const now = new Date();
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const { help, list, profile, buildsDir: _, ...configuration } = options;
  return new RunRecorder(join(root, 'runs'), {
    schema: 1,
    id: `${stamp}-${board.tier}-${process.pid}`,
    startedAt: now.toISOString(),
    startedHostNs: hostNow(),
    tier: board.tier,
    board: board.name,
    realBoard: board.real,
    ...(board.faults && { faults: [...board.faults.names] }),
    ...(board.arrivesFrom !== undefined && { arrivesFrom: board.arrivesFrom }),
    profile,
    configuration,
    versions: systemVersions,
  });
}
