import { join, relative } from 'node:path';
import { arch, release } from 'node:os';
import type { Board, StageOptions } from '../boards/board.ts';
import { selectBoard } from '../boards/select-board.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { UsageError } from '../errors.ts';
import { runSpecs } from '../fixtures/run-specs.ts';
import { checkSpecName } from '../fixtures/spec-files.ts';
import { RunRecorder } from '../record/run-recorder.ts';
import type { FirmwareIdentity, RunResult } from '../record/verdict.ts';
import { startSerialMonitor } from '../serial/serial-monitor.ts';
import { hostNow } from '../time/clock.ts';
import { startAckServer, type AckServer } from '../udp/ack-server.ts';
import { Bench } from './bench.ts';
import { BoardWatch } from './board-watch.ts';
import { concludeRun } from './conclude-run.ts';
import { Journal } from './journal.ts';
import { promisedPeriodMs, type RunOptions } from './options.ts';
import { serveBench } from './protocol.ts';
import { RunProgress } from './run-progress.ts';
import type { RunView, Stage } from './run-view.ts';

export interface RunContext {
  /** Root of the repository. */
  readonly root: string;
  readonly view: RunView;
  readonly signal: AbortSignal;
}

/**
 * One run: build, flash, boot, observe, judge. Always ends with a result and a record, except for wrong usage;
 * whatever it opened is closed again when it returns.
 *
 * @throws UsageError when the run could not begin as asked.
 */
export async function run(options: RunOptions, context: RunContext): Promise<RunResult> {
  const { root, view, signal } = context;
  if (options.spec !== undefined) checkSpecName(root, options.spec);
  const selection = selectBoard({ ...options, root });
  await using board = selection.board;
  const recorder = openRecorder(options, board, root);
  view.introduce({
    board: board.name,
    realBoard: board.real,
    why: selection.why,
    firmwareDir: nameDir(options.firmwareDir, root),
    runId: recorder.id,
  });
  const progress = new RunProgress(recorder, view);
  let verdict: RunResult['verdict'] | undefined;
  try {
    await judge(board, options, context, recorder, progress);
  } catch (error) {
    if (signal.aborted) verdict = 'interrupted';
    else progress.fail(error);
    if (error instanceof UsageError) throw error;
  }
  const conclusion = concludeRun(progress.claims, progress.errors);
  const result: RunResult = {
    schema: 1,
    id: recorder.id,
    verdict: verdict ?? conclusion.verdict,
    summary: verdict === 'interrupted' ? 'stopped before there was a verdict' : conclusion.summary,
    tier: board.tier,
    board: board.name,
    realBoard: board.real,
    ...(progress.firmware && { firmware: progress.firmware }),
    claims: progress.claims,
    errors: progress.errors,
    timingsMs: { ...progress.timingsMs, total: performance.now() },
    record: relative(root, recorder.dir),
  };
  recorder.writeResult(result);
  view.finish(result);
  return result;
}

async function judge(
  board: Board,
  options: RunOptions,
  { root, signal }: RunContext,
  recorder: RunRecorder,
  progress: RunProgress,
): Promise<void> {
  const journal = new Journal();
  const stageOptions = (stage: Stage): StageOptions => ({
    signal,
    recordDir: recorder.dir,
    onProgress: (step) => {
      progress.step(stage, step);
    },
  });

  // The server comes first: whether its port is free is known in a moment, a build takes longer.
  const opening = startAckServer({
    host: options.serverHost,
    port: options.serverPort,
    eventsFile: recorder.file('datagrams.jsonl'),
    signal,
    onEvent: (event) => {
      journal.addServerEvent(event);
    },
    onHealth: (health) => {
      journal.addHealth(health);
    },
  });
  const built = progress.stage('build', nameDir(options.firmwareDir, root), () =>
    board.build(stageOptions('build')),
  );
  const [server, { buildDir }] = await bothOrNeither(opening, built);
  await using _server = server;
  const firmware = identify(buildDir, nameDir(options.firmwareDir, root));
  progress.firmware = firmware;
  recorder.describe({ firmware });

  await progress.stage('flash', `${firmware.project} ${firmware.version}`, () =>
    board.flash(buildDir, stageOptions('flash')),
  );

  // A virtual board has its number only once it runs.
  recorder.describe({ board: board.name });
  const watch = new BoardWatch({ journal, server: server.address, realBoard: board.real, signal });
  await using monitor = await startSerialMonitor({
    ...board.console,
    rawFile: recorder.file('serial.log'),
    eventsFile: recorder.file('serial.jsonl'),
    signal,
    onLine: (line) => {
      journal.addLine(line);
    },
    onLost: (error) => {
      watch.consoleLost(error);
    },
    onHealth: (health) => {
      journal.addHealth(health);
    },
  });
  const bench = new Bench({
    monitor,
    server,
    journal,
    watch,
    recorder,
    firmware,
    nominalPeriodMs: promisedPeriodMs,
    steadyMs: options.durationMs,
    signal,
  });

  const benchChannel = `hil-${recorder.id}`;
  using _calls = serveBench(benchChannel, bench);
  const booted = progress.stage('boot', 'reset, then the first datagram', async () => {
    const { boardAddress = '' } = await bench.start();
    return { skipped: false, summary: `first datagram from ${boardAddress}` };
  });
  // The board boots while the specs' runner starts. One that doesn't boot is judged by the specs all the same.
  const bootFailure = booted.then(
    () => undefined,
    (error: unknown) => error,
  );
  const { problems } = await runSpecs({
    root,
    benchChannel,
    ...(options.spec !== undefined && { spec: options.spec }),
    signal,
    onClaimBegun: (title) => {
      progress.claimBegun(title);
    },
    onClaim: (claim) => {
      progress.claim(claim);
    },
  });
  progress.observed(bench.observedMs);
  const failure = await bootFailure;
  if (failure !== undefined) progress.fail(failure);
  for (const problem of problems) progress.fail(problem);
}

/** Both results; if one fails, the other is waited for and closed before the error goes on. */
async function bothOrNeither<T>(
  opening: Promise<AckServer>,
  other: Promise<T>,
): Promise<readonly [AckServer, T]> {
  const [opened, done] = await Promise.allSettled([opening, other]);
  if (opened.status === 'rejected') throw opened.reason as Error;
  if (done.status === 'rejected') {
    await opened.value.close();
    throw done.reason as Error;
  }
  return [opened.value, done.value];
}

function openRecorder(options: RunOptions, board: Board, root: string): RunRecorder {
  const now = new Date();
  const id = `${now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)}-${board.tier}-${process.pid}`;
  const { help: _, ...configuration } = options;
  return new RunRecorder(join(root, 'runs'), {
    schema: 1,
    id,
    startedAt: now.toISOString(),
    startedHostNs: hostNow(),
    tier: board.tier,
    board: board.name,
    realBoard: board.real,
    configuration: { ...configuration, firmwareDir: nameDir(options.firmwareDir, root) },
    versions: { node: process.version, system: `${process.platform} ${release()} ${arch()}` },
  });
}

/** The firmware as the repository's reader finds it; records travel, absolute paths don't. */
function nameDir(dir: string, root: string): string {
  return relative(root, dir) || '.';
}

function identify(build: BuildDirectory, dir: string): FirmwareIdentity {
  return {
    dir,
    project: build.projectName,
    version: build.projectVersion,
    idfVersion: build.idfVersion,
    target: build.target,
    ...(build.elfSha256 !== undefined && { elfSha256: build.elfSha256 }),
  };
}
