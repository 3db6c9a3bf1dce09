import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { elapsedMs, hostNow } from '../time/clock.ts';
import { readBuildDirectory, type BuildDirectory } from './build-directory.ts';
import { compile, type Unit } from './c-compiler.ts';
import { compileError } from './compiler-errors.ts';
import { readProjectVersion } from './firmware-project.ts';
import { forEachParallel } from './for-each-parallel.ts';
import { writeBuildDirectory } from './host-build-directory.ts';
import { link } from './host-link.ts';
import { findStale, makePlan, stampOf, type Plan } from './host-plan.ts';
import type { ConfigValue } from './kconfig.ts';
import { writeWhole } from './write-file.ts';

export interface HostBuildOptions {
  /** An ESP-IDF project: `main/`, `CMakeLists.txt`. A shim of its own in `host/` is used instead of ours. */
  readonly firmwareDir: string;
  /** Created where it is missing. One build at a time. */
  readonly buildDir: string;
  /** Overrides the project's configuration; names with or without `CONFIG_`. */
  readonly config?: Readonly<Record<string, ConfigValue>>;
  /** The C compiler; by default `$CC`, else `cc`. */
  readonly compiler?: string;
  readonly signal?: AbortSignal | undefined;
  /** Told before each step: how many of `total` are done and what comes next. Not called when nothing is to be done. */
  readonly onProgress?: ((done: number, total: number, what: string) => void) | undefined;
}

export interface HostBuild {
  readonly buildDir: BuildDirectory;
  /** False when everything was up to date already. */
  readonly rebuilt: boolean;
  readonly durationMs: number;
}

/** Shown where a chip's firmware shows the version of ESP-IDF; nobody can take it for one. */
export const HOST_SHIM_VERSION = 'host-shim v1';

const JOBS = 2;
/** Steps after compiling: link, image. */
const FINAL_STEPS = 2;
/** What `esp_app_desc_t` holds. */
const MAX_VERSION_LENGTH = 31;

/**
 * Compiles a firmware for this machine, so that a virtual board can run it, and leaves a build directory as ESP-IDF's.
 *
 * Only what changed is compiled again, judged by contents; without a change nothing is written and no program is run. An
 * interrupted build is simply finished by the next one.
 *
 * @throws `UsageError` `NO_FIRMWARE`; `BenchError` `COMPILER_MISSING`, `SHIM_BROKEN`;
 *     `DutError` `COMPILE_FAILED`, `LINK_FAILED`, `SOURCE_MISSING`
 * @throws the reason of `signal` when it aborts
 */
export async function buildForHost(options: HostBuildOptions): Promise<HostBuild> {
  const startedAt = hostNow();
  const { firmwareDir, buildDir, config = {}, compiler = process.env['CC'] ?? 'cc' } = options;
  const plan = await makePlan({ firmwareDir, buildDir, config, compiler });
  const stale = await findStale(plan);
  const stampPath = join(plan.buildDir, 'host-build.stamp');
  const stamp = await readFile(stampPath, 'utf8').catch(() => undefined);
  const rebuilt = stale.length > 0 || stamp !== (await stampOf(plan));
  if (rebuilt) {
    await rm(stampPath, { force: true });
    await rm(plan.logFile, { force: true });
    await build(plan, stale, options);
    await writeWhole(stampPath, await stampOf(plan));
  }
  return {
    buildDir: await readBuildDirectory(plan.buildDir),
    rebuilt,
    durationMs: elapsedMs(startedAt),
  };
}

async function build(plan: Plan, stale: readonly Unit[], options: HostBuildOptions): Promise<void> {
  const { project, buildDir } = plan;
  const { signal, onProgress } = options;
  const total = stale.length + FINAL_STEPS;
  let done = 0;
  const version = await readProjectVersion(project.dir, signal);
  await makeFolders(plan);

  await forEachParallel(stale, JOBS, async (unit) => {
    onProgress?.(done, total, relative(project.dir, unit.source));
    await compileOrThrow(plan, unit, signal);
    done += 1;
  });

  onProgress?.(done, total, `${project.name}.elf`);
  await compileOrThrow(plan, identify(plan, version), signal);
  const program = await link(plan, signal);

  onProgress?.(done + 1, total, `${project.name}.bin`);
  await writeBuildDirectory({
    buildDir,
    projectDir: project.dir,
    projectName: project.name,
    projectVersion: version,
    idfVersion: HOST_SHIM_VERSION,
    ...program,
  });
}

async function compileOrThrow(plan: Plan, unit: Unit, signal: AbortSignal | undefined): Promise<void> {
  const result = await compile(unit, plan.compiler, plan.hashes, { signal, logFile: plan.logFile });
  if (result.exitCode !== 0) throw compileError(plan, unit, result);
}

/** The unit that says who the application is, told who it is. */
function identify({ description, project }: Plan, version: string): Unit {
  const identity = {
    PROJECT_NAME: project.name,
    PROJECT_VERSION: version.slice(0, MAX_VERSION_LENGTH),
    HOST_SHIM_VERSION,
  };
  const defines = Object.entries(identity).map(([name, text]) => `-D${name}=${JSON.stringify(text)}`);
  return { ...description, flags: [...description.flags, ...defines] };
}

async function makeFolders(plan: Plan): Promise<void> {
  const folders = new Set([...plan.units, plan.description].map((unit) => dirname(unit.object)));
  for (const folder of folders) await mkdir(folder, { recursive: true });
}
