/** `npm run hil`: one run from the command line to the exit code. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, wrongUsageExitCode } from '../harness/bench/conclude-run.ts';
import { readBenchFile } from '../harness/bench/bench-file.ts';
import { listBoards } from '../harness/bench/list-boards.ts';
import { checkBaselineFile, keepBaseline } from '../harness/bench/keep-baseline.ts';
import { openReference } from '../harness/bench/open-reference.ts';
import {
  defaults,
  parseRunOptions,
  usage,
  type RunOptions,
  type SeveralBoards,
} from '../harness/bench/options.ts';
import { replay } from '../harness/bench/replay.ts';
import { run } from '../harness/bench/run.ts';
import { readWifiCredentials } from '../harness/bench/wifi-credentials.ts';
import { BenchError, describeError, UsageError } from '../harness/errors.ts';
import { checkSpecName, specFolder } from '../harness/fixtures/spec-files.ts';
import { judgeBoards } from '../harness/fleet/judge-boards.ts';
import type { RunResult } from '../harness/record/verdict.ts';
import { renderBoardList } from '../harness/report/board-list.ts';
import { BoardsTerminalView } from '../harness/report/boards-view.ts';
import { muteCommands } from '../harness/report/github.ts';
import { runGate, type Gate } from '../harness/release/run-gate.ts';
import { statementFile } from '../harness/release/seal-evidence.ts';
import { verifyEvidence } from '../harness/release/verify-evidence.ts';
import { TerminalView } from '../harness/report/terminal-view.ts';
import { writeBoardsReports, writeReports } from '../harness/report/write-reports.ts';
import { elapsedMs, hostNow, type HostNs } from '../harness/time/clock.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function main(): Promise<number> {
  const options = parseRunOptions(process.argv.slice(2), process.cwd(), root);
  if (options.help) {
    console.log(usage);
    return exitCodes.passed;
  }
  if (options.verifyDir !== undefined) return await verify(options.verifyDir);
  for (const option of ['json', 'junit', 'report'] as const) checkWritable(option, options[`${option}File`]);
  checkWritable('write-baseline', options.baselineFile);
  if (options.baselineFile !== undefined) checkBaselineFile(options.baselineFile);
  if (options.several) return await judgeSeveral(options.several, options);
  const wifi = readWifiCredentials(root, process.env);
  if (options.list) return await list(options);
  const github = options.github ?? process.env['GITHUB_ACTIONS'] === 'true';
  const mute = github ? muteCommands() : undefined;
  if (mute) console.log(mute.begin);
  const reference = options.compare === undefined ? undefined : openReference(options.compare, { root });
  const context = { root, view: await TerminalView.open(options), signal: interruption(), reference };
  const { replayDir } = options;
  const whole = { ...context, wifi, versions: readVersions() };
  const gate = options.gate && (await runGate(options, options.gate, whole));
  const result =
    gate?.result ??
    (replayDir === undefined ? await run(options, whole) : await replay({ ...options, replayDir }, context));
  if (mute) console.log(mute.end);
  const stepSummaryFile = process.env['GITHUB_STEP_SUMMARY'];
  // A recorded run is only read: its report goes where it is asked for.
  const ownFile = replayDir === undefined ? join(root, result.record, 'report.html') : undefined;
  const htmlFile = options.reportFile ?? ownFile;
  writeReports(result, {
    root,
    ...options,
    github,
    ...(htmlFile !== undefined && { htmlFile }),
    ...(stepSummaryFile !== undefined && { stepSummaryFile }),
  });
  if (gate && htmlFile !== undefined) await seal(gate, htmlFile);
  return exitCodes[keepAsAsked(options, result)];
}

/** Keeps the run as a baseline, if asked; a run that can't be kept so has not done what was asked of it. */
function keepAsAsked({ baselineFile }: RunOptions, result: RunResult): RunResult['verdict'] {
  if (baselineFile === undefined) return result.verdict;
  const { isKept, words } = keepBaseline(baselineFile, result, root);
  console.log(words);
  return isKept || result.verdict !== 'passed' ? result.verdict : 'inconclusive';
}

/** A run for each of several boards. The Wi-Fi's password is theirs to take: it is left in the environment for them. */
async function judgeSeveral(
  { boards, jobs, server }: SeveralBoards,
  { spec, profile, ...options }: RunOptions,
): Promise<number> {
  // Known before the runs, not from each of them.
  if (spec !== undefined) checkSpecName(specFolder(root, profile.name), spec);
  const view = new BoardsTerminalView(process.stdout.isTTY && process.stdout.hasColors());
  const github = options.github ?? process.env['GITHUB_ACTIONS'] === 'true';
  const mute = github ? muteCommands() : undefined;
  if (mute) console.log(mute.begin);
  const result = await judgeBoards({
    root,
    boards,
    ...(jobs !== undefined && { jobs }),
    server,
    defaultServer: ({ tier }) => ({
      address: defaults.serverHost[tier ?? 'board'],
      port: defaults.serverPort,
    }),
    args: process.argv.slice(2),
    cwd: process.cwd(),
    signal: interruption(),
    view,
  });
  view.finish(result);
  if (mute) console.log(mute.end);
  const stepSummaryFile = process.env['GITHUB_STEP_SUMMARY'];
  writeBoardsReports(result, {
    root,
    ...options,
    github,
    htmlFile: options.reportFile ?? join(root, result.record, 'report.html'),
    ...(stepSummaryFile !== undefined && { stepSummaryFile }),
  });
  return exitCodes[result.verdict];
}

/** Keeps what a release was judged by, and says how it is checked. */
async function seal(gate: Gate, htmlFile: string): Promise<void> {
  const dir = await gate.seal(htmlFile);
  if (dir === undefined) console.log('evidence: none, for nothing was flashed and judged');
  else console.log(`evidence: ${dir}; check it by: npm run hil -- --verify ${dir}`);
}

/** Looks at the evidence for a release; makes no run. */
async function verify(dir: string): Promise<number> {
  const { verdict, release, statementSha256 } = await verifyEvidence({
    dir,
    root,
    signal: interruption(),
    onChecked: (what, finding) => {
      console.log(`✓ ${what.padEnd(10)}${finding}`);
    },
  });
  console.log(`\n${verdict}: ${release.release}, intact: ${release.summary}`);
  console.log(`SHA-256 of ${statementFile}: ${statementSha256}`);
  return exitCodes[verdict];
}

/** Shows what is plugged in; makes no run. */
async function list({ configFile, jsonFile }: RunOptions): Promise<number> {
  const boards = await listBoards(readBenchFile(root, configFile));
  const json = `${JSON.stringify(boards, null, 2)}\n`;
  if (jsonFile === undefined) console.log(renderBoardList(boards).join('\n'));
  else if (jsonFile === '-') process.stdout.write(json);
  else writeFileSync(jsonFile, json);
  return exitCodes.passed;
}

/** What else made the run: the harness's own commit. Read while the run goes on; absent outside of a git checkout. */
async function readVersions(): Promise<Record<string, string>> {
  const { $ } = await import('zx/core');
  const { exitCode, stdout } = await $({
    cwd: root,
    nothrow: true,
    quiet: true,
  })`git describe --always --dirty`;
  return exitCode === 0 ? { harness: stdout.trim() } : {};
}

/** Known before the run, not after it. */
function checkWritable(option: string, file: string | undefined): void {
  if (file === undefined) return;
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new UsageError('WRONG_USAGE', {
      what: `--${option} must be a file that can be written, got "${file}"`,
      next: 'make its folder, or name another',
      cause,
    });
  }
}

/** After so long, a second Ctrl-C is meant as one. Before, it may be the first again: passed on by npm or another wrapper. */
const impatientAfterMs = 1_000;

/**
 * Aborts on Ctrl-C, so that everything is closed in order and the record gets its verdict. Who then presses it again
 * ends the process at once; what it had started notices, and ends as well.
 */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let since: HostNs | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (since !== undefined && elapsedMs(since) > impatientAfterMs) process.exit(exitCodes.interrupted);
      since ??= hostNow();
      controller.abort(new BenchError('INTERRUPTED', { what: `The run was stopped by ${signal}` }));
    });
  }
  return controller.signal;
}

function fail(error: unknown): void {
  const told = describeError(error);
  console.error(told.message);
  process.exitCode = told.fault === 'usage' ? wrongUsageExitCode : exitCodes.inconclusive;
}

// A defect of the harness says nothing about the firmware: it must not end with Node.js's own 1, which means failed.
process.once('uncaughtException', (error) => {
  fail(error);
  process.exit();
});

main().then((exitCode) => {
  process.exitCode = exitCode;
}, fail);
