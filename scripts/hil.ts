/** `npm run hil`: one run from the command line to the exit code. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, wrongUsageExitCode } from '../harness/bench/conclude-run.ts';
import { parseRunOptions, usage } from '../harness/bench/options.ts';
import { run } from '../harness/bench/run.ts';
import { describeError, UsageError } from '../harness/errors.ts';
import { TerminalView } from '../harness/report/terminal-view.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function main(): Promise<number> {
  const options = parseRunOptions(process.argv.slice(2), process.cwd());
  if (options.help) {
    console.log(usage);
    return exitCodes.passed;
  }
  if (options.jsonFile !== undefined) checkWritable(options.jsonFile);
  const result = await run(options, {
    root,
    view: await TerminalView.open(),
    signal: interruption(),
    versions: readVersions(),
  });
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  return exitCodes[result.verdict];
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
function checkWritable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new UsageError('WRONG_USAGE', {
      what: `--json must be a file that can be written, got "${file}"`,
      next: 'make its folder, or name another',
      cause,
    });
  }
}

/** Aborts on the first Ctrl-C, so that everything is closed in order; the second one ends the process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      controller.abort(new Error(`stopped by ${signal}`));
      process.once(signal, () => process.exit(exitCodes.interrupted));
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
