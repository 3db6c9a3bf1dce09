import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runTool, type ToolResult } from '../../process/run-tool.ts';
import { readBuildDirectory, type BuildDirectory } from '../build-directory.ts';
import { formatSdkconfig, parseSdkconfig, type ConfigValue } from '../kconfig.ts';
import type { EspIdf } from './find-idf.ts';
import { explainIdfFailure } from './idf-failure.ts';
import { NinjaProgress } from './ninja-progress.ts';
import { ownBuildDir } from './own-build-dir.ts';

export interface IdfBuildOptions {
  readonly idf: EspIdf;
  /** An ESP-IDF project. */
  readonly firmwareDir: string;
  /** `esp32`, `esp32c3`, `linux`, … */
  readonly target: string;
  /** Where it is built: each target, and each configuration that is wanted side by side, has a folder of its own. */
  readonly buildDir: string;
  /** Files with defaults beside `sdkconfig.defaults`, relative to the project; those that are not there are left out. */
  readonly defaultsFiles?: readonly string[];
  /** Configuration on top of the project's own defaults; names with or without `CONFIG_`. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
  /** Gets all that idf.py printed. */
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

/** A first build of ESP-IDF compiles a thousand files. */
const buildTimeoutMs = 1_800_000;

/** ninja's words when its file was lost half-way, by a Ctrl-C while CMake wrote it: ever after, until CMake runs again. */
const halfRegenerated = "ninja: error: loading 'build.ninja'";

/**
 * Builds an ESP-IDF project by `idf.py build`, for any target and without touching another target's build: `set-target`
 * would delete it.
 *
 * @throws DutError COMPILE_FAILED, LINK_FAILED, CMAKE_FAILED, COMPONENT_MISSING, PARTITION_OVERFLOW.
 * @throws BenchError BUILD_KILLED, TOOLCHAIN_MISSING, COMPILER_UNFIT, IDF_NOT_COMPILING, IDF_PYTHON, IDF_BUILD_FAILED.
 * @throws UsageError IDF_TARGET_UNKNOWN, NO_FIRMWARE.
 */
export async function buildWithIdf(options: IdfBuildOptions): Promise<BuildDirectory> {
  const { firmwareDir, buildDir, logFile, signal } = options;
  await mkdir(buildDir, { recursive: true });
  using _ours = await ownBuildDir(buildDir, 'idf.py build', signal);
  const definitions = await writeDefaults(options);
  let result = await runIdf(options, [...definitions, 'build']);
  if (result.exitCode !== 0 && (result.stdout + result.stderr).includes(halfRegenerated)) {
    await runIdf(options, [...definitions, 'reconfigure']);
    result = await runIdf(options, [...definitions, 'build']);
  }
  signal?.throwIfAborted();
  if (result.exitCode !== 0)
    throw explainIdfFailure({ ...result, idfDir: options.idf.dir, firmwareDir, logFile });
  return await readBuildDirectory(buildDir);
}

async function runIdf(
  { idf, firmwareDir, target, buildDir, logFile, signal, onProgress }: IdfBuildOptions,
  args: readonly string[],
): Promise<ToolResult> {
  const progress = new NinjaProgress();
  return await runTool({
    command: 'idf.py',
    args: ['-B', buildDir, ...args],
    cwd: firmwareDir,
    // By the environment, a target needs neither `set-target` nor `--preview`.
    env: { ...idf.env, IDF_TARGET: target },
    logFile,
    signal,
    timeoutMs: buildTimeoutMs,
    onLine: (line) => {
      const step = progress.read(line);
      if (step !== undefined) onProgress?.(step.done, step.total, step.what);
    },
  });
}

/**
 * Says to CMake which defaults the configuration is made of: the project's, what the user has chosen by menuconfig (for this
 * target), ours. When one of them has changed, the configuration that was made of it is made anew: defaults don't change a
 * sdkconfig that is there.
 */
async function writeDefaults(options: IdfBuildOptions): Promise<string[]> {
  const { buildDir, config = {} } = options;
  const sdkconfig = join(buildDir, 'sdkconfig');
  const ours = join(buildDir, 'sdkconfig.hil');
  const theirs = await readProjectDefaults(options);
  const digest = createHash('sha256')
    .update(theirs.map(({ text }) => text).join('\0'))
    .digest('hex');
  const text = `# Made by the bench, on top of defaults with SHA-256 ${digest}\n${formatSdkconfig(config)}`;
  if ((await readFile(ours, 'utf8').catch(() => undefined)) !== text) {
    await rm(sdkconfig, { force: true });
    await writeFile(ours, text);
  }
  const defaults = [...theirs.map(({ file }) => file), ours].join(';');
  return ['-D', `SDKCONFIG=${sdkconfig}`, '-D', `SDKCONFIG_DEFAULTS=${defaults}`];
}

async function readProjectDefaults({ firmwareDir, target, defaultsFiles = [] }: IdfBuildOptions) {
  const names = ['sdkconfig.defaults', `sdkconfig.defaults.${target}`, ...defaultsFiles, 'sdkconfig'];
  const files = await Promise.all(
    names.map(async (name) => {
      const file = resolve(firmwareDir, name);
      return { name, file, text: await readFile(file, 'utf8').catch(() => undefined) };
    }),
  );
  return files.flatMap(({ name, file, text }) => {
    if (text === undefined) return [];
    const isOfOtherTarget = name === 'sdkconfig' && parseSdkconfig(text).get('IDF_TARGET') !== target;
    return isOfOtherTarget ? [] : [{ file, text }];
  });
}
