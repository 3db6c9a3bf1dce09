import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BuildDirectory } from '../build/build-directory.ts';
import { BenchError } from '../errors.ts';
import { runTool, type ToolResult } from '../process/run-tool.ts';
import type { ResetStrategy } from '../serial/reset-strategy.ts';
import { withBaudFallback } from './baud-fallback.ts';
import { explainEsptoolFailure } from './esptool-failure.ts';
import { parseProgress, parseReport } from './esptool-output.ts';
import { isAtLeast, type Esptool } from './find-esptool.ts';
import type { Flasher, FlashOutcome, FlashRequest } from './flasher.ts';

/** Over RFC 2217 esptool takes 40 s per MiB. */
const flashTimeoutMs = 900_000;

/** From here on esptool skips by itself what the flash holds already. */
const skipsSince = '5.2';

/** Flashes by Espressif's esptool, version 4 or 5, from any build directory. */
export function flashByEsptool(esptool: Esptool): Flasher {
  return async (request) =>
    await withBaudFallback(request.baudRate, async (baudRate) => {
      const run = { esptool, request: { ...request, baudRate } };
      if (!isAtLeast(esptool.version, skipsSince) && (await isInFlash(run))) {
        return {
          skipped: true,
          summary: `${request.build.target}: all is in flash already (${nameOf(esptool)})`,
        };
      }
      const skip = isAtLeast(esptool.version, skipsSince) ? ['--skip-flashed'] : [];
      const result = await runEsptool(run, ['write-flash', ...imageArgs(request.build, skip)]);
      if (result.exitCode !== 0) throw await explain(request, result);
      return summarise(request, result, nameOf(esptool));
    });
}

/** Whether the flash holds the whole build, by MD5, for an esptool that writes without looking. */
export async function isInFlash(run: EsptoolRun): Promise<boolean> {
  const { exitCode, stdout, stderr } = await runEsptool(run, [
    'verify-flash',
    ...imageArgs(run.request.build),
  ]);
  if (exitCode === 0) return true;
  const output = stdout + stderr;
  if (/Verification failed|verify FAILED/i.test(output)) return false;
  throw await explainEsptoolFailure({ ...run.request, output });
}

/** What a flashing tool told of a success: what it wrote, or why that will not do. */
export function summarise(request: FlashRequest, result: ToolResult, tool: string): FlashOutcome {
  const { chip = request.build.target, written, skipped, tooSmall } = parseReport(result.stdout);
  if (tooSmall !== undefined) throw tooSmallError(request, tooSmall);
  const names = (offsets: readonly number[]): string =>
    offsets.map((offset) => nameAt(request.build, offset)).join(', ');
  const told = [
    ...(written.length > 0 ? [`wrote and verified ${names(written)}`] : []),
    ...(skipped.length > 0 ? [`already in flash: ${names(skipped)}`] : []),
  ];
  return { skipped: written.length === 0, summary: `${chip}: ${told.join('; ')} (${tool})` };
}

/** Why a flashing tool has failed. */
export async function explain(
  { path, logFile }: FlashRequest,
  { stdout, stderr }: ToolResult,
): Promise<Error> {
  return await explainEsptoolFailure({ path, logFile, output: `${stdout}\n${stderr}` });
}

/** Tells percent of an image by its name, from a line of esptool's. */
export function progressTeller({ build, onProgress }: FlashRequest): (line: string) => void {
  return (line) => {
    const progress = parseProgress(line);
    if (progress !== undefined) onProgress?.(progress.percent, 100, nameAt(build, progress.address));
  };
}

/**
 * esptool's own reset sequences, where the board has others: read from a file that the environment names.
 *
 * @returns the environment with it; empty where esptool knows what to do.
 */
export async function resetEnvironment(
  reset: ResetStrategy | undefined,
  folder: string,
): Promise<Record<string, string>> {
  if (reset === undefined || typeof reset === 'string') return {};
  const file = join(folder, 'esptool.cfg');
  await mkdir(folder, { recursive: true });
  await writeFile(
    file,
    `[esptool]\ncustom_reset_sequence = ${reset.loader}\ncustom_hard_reset_sequence = ${reset.app}\n`,
  );
  return { ESPTOOL_CFGFILE: file };
}

interface EsptoolRun {
  readonly esptool: Esptool;
  readonly request: FlashRequest;
}

async function runEsptool({ esptool, request }: EsptoolRun, command: readonly string[]): Promise<ToolResult> {
  const { build, path, reset, baudRate, logFile, signal } = request;
  const before = reset === 'usb-serial-jtag' ? 'usb-reset' : 'default-reset';
  const args = [
    ...['--chip', build.target, '--port', path, '--baud', String(baudRate)],
    ...['--before', before, '--after', 'hard-reset'],
    // As the project has it: idf.py heeds that, too.
    ...(build.config['ESPTOOLPY_NO_STUB'] === true ? ['--no-stub'] : []),
    ...command,
  ];
  return await runTool({
    command: esptool.command,
    args: [...esptool.args, ...inItsOwnSpelling(args, esptool.version)],
    env: {
      ...esptool.env,
      ...(await resetEnvironment(reset, dirname(logFile))),
      // Its frames and colours are for people.
      NO_COLOR: '1',
      COLUMNS: '200',
    },
    logFile,
    signal,
    timeoutMs: flashTimeoutMs,
    onLine: progressTeller(request),
  });
}

/** Version 4 writes underscores where version 5 writes hyphens: in commands, options and their values, but not in paths. */
function inItsOwnSpelling(args: readonly string[], version: string): string[] {
  if (isAtLeast(version, '5.0')) return [...args];
  const spelled = /^(?:--(?:flash|skip)-|(?:default|usb|hard)-reset$|(?:write|verify)-flash$)/;
  return args.map((arg) => (spelled.test(arg) ? arg.replaceAll(/(?<=\w)-/g, '_') : arg));
}

function imageArgs({ flashSettings, flashFiles }: BuildDirectory, options: readonly string[] = []): string[] {
  const { mode = 'keep', freq = 'keep', size = 'keep' } = flashSettings ?? {};
  return [
    ...['--flash-mode', mode, '--flash-freq', freq, '--flash-size', size],
    ...options,
    ...flashFiles.flatMap(({ offset, path }) => [`0x${offset.toString(16)}`, path]),
  ];
}

/** The image that an address lies in: the last that begins at or before it. */
function nameAt({ flashFiles }: BuildDirectory, address: number): string {
  const file = flashFiles.findLast(({ offset }) => offset <= address) ?? flashFiles[0];
  return file === undefined ? `0x${address.toString(16)}` : basename(file.path, '.bin');
}

function nameOf({ version }: Esptool): string {
  return `esptool ${version}`;
}

function tooSmallError(
  { path }: FlashRequest,
  { wanted, found }: { wanted: string; found: string },
): BenchError {
  return new BenchError('FLASH_TOO_SMALL', {
    what: `The build is for a flash of ${wanted}, and the board has ${found}: it would not boot`,
    where: path,
    next: 'set the flash size of the board in menuconfig',
  });
}
