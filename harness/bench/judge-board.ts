import { stat } from 'node:fs/promises';
import { Observation } from '../analysis/observation.ts';
import { summarise } from '../analysis/run-statistics.ts';
import type { Board, StageOptions } from '../boards/board.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { startCapture } from '../capture/start-capture.ts';
import { readBuildSecrets } from '../build/build-secrets.ts';
import { runSpecs } from '../fixtures/run-specs.ts';
import { specFolder } from '../fixtures/spec-files.ts';
import { BoardStalls, boardStallsFile } from '../record/board-stalls.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import type { FirmwareIdentity } from '../record/verdict.ts';
import { startSerialMonitor } from '../serial/serial-monitor.ts';
import { startAckServer } from '../udp/ack-server.ts';
import { Bench } from './bench.ts';
import { BoardWatch } from './board-watch.ts';
import { judgeEarlyEnd } from './conclude-run.ts';
import { explainUnheard } from './explain-unheard.ts';
import { Journal } from './journal.ts';
import type { RunOptions } from './options.ts';
import { reportCrash } from './report-crash.ts';
import { serveBench } from './protocol.ts';
import { describeSlice, isTold } from './soak.ts';
import type { RunProgress } from './run-progress.ts';
import type { Stage } from './run-view.ts';
import type { WifiCredentials } from './wifi-credentials.ts';

/** One run's board and books. */
export interface RunWork {
  readonly board: Board;
  readonly options: RunOptions;
  /** As it stands in the record. */
  readonly firmwareDir: string;
  /** Root of the repository. */
  readonly root: string;
  readonly recorder: RunRecorder;
  readonly progress: RunProgress;
  /** Of the board's network; absent: none were given. */
  readonly credentials?: WifiCredentials | undefined;
  /** What must not be seen. What the firmware was configured with comes to it when it is built. */
  readonly secrets: string[];
  readonly signal: AbortSignal;
  /** See `RunContext`. */
  readonly onBuilt?: (build: BuildDirectory, recordDir: string) => Promise<void>;
}

/**
 * Builds, flashes and boots the board and lets the specs judge it. What comes of it stands in `progress`.
 *
 * @throws what kept the specs from being run.
 */
export async function judgeBoard(work: RunWork): Promise<void> {
  const { board, options, root, recorder, progress, credentials, secrets, signal } = work;
  const journal = new Journal(options.profile.log, new BoardStalls(recorder.file(boardStallsFile)));
  progress.watch(journal);
  const isServer = options.profile.role === 'server';
  // The firmware is the server then, and may need the port itself: on ESP-IDF's linux target it is a port of this host.
  const at = { address: options.serverHost, port: isServer ? 0 : options.serverPort };
  const flashed: { build?: BuildDirectory } = {};
  const watch = new BoardWatch({
    journal,
    server: at,
    role: options.profile.role,
    periodMs: options.profile.periodMs,
    realBoard: board.real,
    isEmulated: board.tier === 'emulator',
    arrivesFrom: board.arrivesFrom,
    explainUnheard: (error, { boardAddress, boot }) =>
      explainUnheard(error, {
        journal,
        server: at,
        realBoard: board.real,
        boardAddress,
        target: boot?.start && { address: boot.start.host, port: boot.start.port },
        serverAddress: options.serverAddress,
      }),
    // Twice: its socket is read between two calls.
    serverCaughtUp: async () => {
      await (await opening).health();
      await (await opening).health();
    },
    reportCrash: async (dump, scene) => reportCrash(dump, scene, flashed.build, signal),
    signal,
  });
  const onFailure = (error: Error): void => {
    watch.instrumentFailed(error);
  };
  const onHealth = journal.addHealth.bind(journal);

  // Begun before there is traffic, and ended, as everything here, after what was opened later: no answer is missing at its end.
  await using _capture = options.capture
    ? await startCapture({
        at: { ...at, port: options.serverPort },
        file: recorder.file('capture'),
        signal,
        onReport: (report) => {
          progress.capture = report;
        },
      })
    : undefined;
  const opening = startAckServer({
    host: at.address,
    port: at.port,
    answers: !isServer,
    eventsFile: recorder.file('datagrams.jsonl'),
    echoNumbers: options.profile.numbered ?? false,
    signal,
    onEvent: (event) => {
      journal.addServerEvent(event);
    },
    onHealth,
    onFailure,
  });
  const [opened, buildDir] = await serverAndBuild(opening, work);
  await using server = opened;
  secrets.push(...(await readBuildSecrets(buildDir.dir)));
  flashed.build = buildDir;
  const firmware = await identify(buildDir, work.firmwareDir);
  progress.firmware = firmware;
  // A virtual board has its number only once it runs.
  recorder.describe({ firmware, board: board.name });
  await work.onBuilt?.(buildDir, recorder.dir);

  const flashing = progress.stage('flash', `${firmware.project} ${firmware.version}`, () =>
    board.flash(buildDir, stageOptions(work, 'flash')),
  );
  // The monitor waits for it and fails as it does; nobody else needs to hear of it.
  flashing.catch(() => undefined);
  await using monitor = await startSerialMonitor({
    ...board.console,
    rawFile: recorder.file('serial.log'),
    eventsFile: recorder.file('serial.jsonl'),
    openAfter: flashing,
    secrets,
    signal,
    onLine: (line) => {
      journal.addLine(line);
    },
    onLost: onFailure,
    onHealth,
  });
  const bench = new Bench({
    monitor,
    server,
    journal,
    watch,
    recorder,
    firmware,
    faults: board.faults,
    sharesHost: !board.real,
    losesTicks: board.tier === 'linux',
    profile: options.profile,
    confidence: options.confidence,
    devicePort: options.serverPort,
    steadyMs: options.durationMs,
    soakMs: options.soakMs,
    onSlice: (slice, soakedMs) => {
      if (isTold(slice)) progress.note('observe', describeSlice(slice, soakedMs, options.soakMs));
    },
    // The claims about a firmware that is not ours have bounds of their own, even where their names are alike.
    isJudged: (claim) =>
      options.profile.name === undefined &&
      (options.spec === undefined || claim.startsWith(`${options.spec}.`)),
    onEarlyEnd: ({ claim, finding }, afterMs) => {
      progress.note(
        'observe',
        `ended after ${(afterMs / 1000).toFixed(1)} s, for ${claim} is decided: ${finding}`,
      );
    },
    bootTimeoutMs: options.bootTimeoutMs,
    serverAddress: options.serverAddress,
    credentials,
    signal,
    onEnd: (error) => {
      if (!signal.aborted) progress.fail(error);
    },
  });

  const benchChannel = `hil-${recorder.id}`;
  using _calls = serveBench(benchChannel, bench);
  const awaited = isServer ? 'reset, then a server that listens' : 'reset, then the first datagram';
  const booted = progress.stage('boot', awaited, async () => {
    const { boardAddress = '' } = await bench.start();
    const summary = isServer ? `a server listens on ${boardAddress}` : `first datagram from ${boardAddress}`;
    const { roundTripMs } = monitor;
    const away =
      roundTripMs === undefined ? '' : `; console ${roundTripMs.toFixed(1)} ms away, there and back`;
    return { skipped: false, summary: summary + away };
  });
  // The board boots while the specs' runner starts. One that doesn't boot is judged by the specs all the same: they ask
  // for the boot again, and are told.
  booted.then(
    () => {
      progress.begin('observe', `${options.durationMs / 1000} s undisturbed, then what the specs do to it`);
    },
    () => undefined,
  );
  const { problems } = await runSpecs({
    specs: specFolder(root, options.profile.name),
    withSoak: options.soakMs !== undefined,
    benchChannel,
    boardFaults: [...(board.faults?.names ?? [])],
    ...(options.spec !== undefined && { spec: options.spec }),
    signal,
    onClaimBegun: (title) => {
      progress.claimBegun(title);
    },
    onClaim: (claim) => {
      progress.claim(claim);
    },
    onSkipped: (claim) => {
      progress.skip(claim);
    },
  });
  progress.observed(bench.observedMs);
  if (bench.steadyEvidence) progress.statistics = summarise(new Observation(bench.steadyEvidence));
  for (const problem of problems) progress.fail(problem);
  const cutShort = judgeEarlyEnd(progress.claims, bench.endedBy);
  if (cutShort) progress.fail(cutShort);
}

/**
 * Waits for the server while the firmware is built. A server that can't be had ends the build: it is known in
 * a moment, and a build takes long. A build that fails closes the server.
 */
async function serverAndBuild<Server extends AsyncDisposable>(
  opening: Promise<Server>,
  work: RunWork,
): Promise<readonly [Server, BuildDirectory]> {
  const { board, firmwareDir, progress } = work;
  const noServer = new AbortController();
  opening.catch((error: unknown) => {
    noServer.abort(error);
  });
  const signal = AbortSignal.any([work.signal, noServer.signal]);
  const building = progress.stage('build', firmwareDir, () =>
    board.build(stageOptions({ ...work, signal }, 'build')),
  );
  const [server, built] = await Promise.allSettled([opening, building]);
  if (server.status === 'rejected') throw server.reason as Error;
  if (built.status === 'rejected') {
    await server.value[Symbol.asyncDispose]();
    throw built.reason as Error;
  }
  return [server.value, built.value.buildDir];
}

function stageOptions({ recorder, progress, signal }: RunWork, stage: Stage): StageOptions {
  return {
    signal,
    recordDir: recorder.dir,
    onProgress: (step) => {
      progress.step(stage, step);
    },
  };
}

async function identify(build: BuildDirectory, dir: string): Promise<FirmwareIdentity> {
  const image = build.app && (await stat(build.app.path));
  return {
    dir,
    project: build.projectName,
    version: build.projectVersion,
    idfVersion: build.idfVersion,
    target: build.target,
    ...(build.elfSha256 !== undefined && { elfSha256: build.elfSha256 }),
    ...(image && { imageBytes: image.size }),
  };
}
