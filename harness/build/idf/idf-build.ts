import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runTool, type ToolResult } from '../../process/run-tool.ts';
import { readBuildDirectory, type BuildDirectory } from '../build-directory.ts';
import { formatSdkconfig, type ConfigValue } from '../kconfig.ts';
import type { EspIdf } from './find-idf.ts';
import { explainIdfFailure } from './idf-failure.ts';
import { NinjaProgress } from './ninja-progress.ts';

export interface IdfBuildOptions {
  readonly idf: EspIdf;
  /** An ESP-IDF project. */
  readonly firmwareDir: string;
  /** `esp32`, `esp32c3`, `linux`, … */
  readonly target: string;
  /** Where it is built: each target, and each configuration that is wanted side by side, has a folder of its own. */
  readonly buildDir: string;
  /** Files of the project with defaults beside `sdkconfig.defaults`; those that are not there are left out. */
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
 * @throws BenchError TOOLCHAIN_MISSING, IDF_PYTHON, IDF_BUILD_FAILED.
 * @throws UsageError IDF_TARGET_UNKNOWN, NO_FIRMWARE.
 */
export async function buildWithIdf(options: IdfBuildOptions): Promise<BuildDirectory> {
  const { firmwareDir, buildDir, logFile, signal } = options;
  await mkdir(buildDir, { recursive: true });
  const definitions = await writeDefaults(options);
  let result = await runIdf(options, [...definitions, 'build']);
  if (result.exitCode !== 0 && (result.stdout + result.stderr).includes(halfRegenerated)) {
    await runIdf(options, [...definitions, 'reconfigure']);
    result = await runIdf(options, [...definitions, 'build']);
  }
  signal?.throwIfAborted();
  if (result.exitCode !== 0) throw explainIdfFailure({ ...result, firmwareDir, logFile });
  return readBuildDirectory(buildDir);
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

/** Writes our configuration beside the build; says to CMake where it is, and forgets what an earlier one has led to. */
async function writeDefaults({
  firmwareDir,
  buildDir,
  defaultsFiles = [],
  config = {},
}: IdfBuildOptions): Promise<string[]> {
  const sdkconfig = join(buildDir, 'sdkconfig');
  const ours = join(buildDir, 'sdkconfig.hil');
  const text = formatSdkconfig(config);
  if ((await readFile(ours, 'utf8').catch(() => undefined)) !== text) {
    // Defaults don't change a sdkconfig that is there.
    await rm(sdkconfig, { force: true });
    await writeFile(ours, text);
  }
  const theirs = ['sdkconfig.defaults', ...defaultsFiles].map((name) => join(firmwareDir, name));
  const defaults = [...theirs.filter((file) => existsSync(file)), ours].join(';');
  return ['-D', `SDKCONFIG=${sdkconfig}`, '-D', `SDKCONFIG_DEFAULTS=${defaults}`];
}
