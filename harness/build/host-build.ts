import { readdir, readFile, mkdir, rm, writeFile, rename } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError, DutError } from '../errors.ts';
import { lastLines, runTool, type ToolResult } from '../process/run-tool.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import { readBuildDirectory, type BuildDirectory } from './build-directory.ts';
import {
  compile,
  FileHashes,
  findCompiler,
  isUpToDate,
  sha256,
  type Compiler,
  type Unit,
} from './c-compiler.ts';
import {
  readFirmwareProject,
  readHostConfig,
  readProjectVersion,
  type FirmwareProject,
} from './firmware-project.ts';
import { writeBuildDirectory } from './host-build-directory.ts';
import { renderConfigHeader, renderConfigJson, type ConfigValue } from './kconfig.ts';

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

const OWN_SHIM = fileURLToPath(new URL('../../firmware/host', import.meta.url));
const JOBS = 2;
/** The calls of the firmware that the shim answers in the host's place. */
const WRAPPED = ['socket', 'close', 'bind', 'connect', 'sendto', 'select', 'abort'];
/** Steps after compiling: link, image. */
const FINAL_STEPS = 2;

/**
 * Compiles a firmware for this machine, so that a virtual board can run it, and leaves a build directory as ESP-IDF's.
 *
 * Only what changed is compiled again, judged by contents; without a change nothing is written and no program is run.
 *
 * @throws {@link UsageError} `NO_FIRMWARE`; {@link BenchError} `COMPILER_MISSING`, `SHIM_BROKEN`;
 *     {@link DutError} `COMPILE_FAILED`, `LINK_FAILED`, `SOURCE_MISSING`
 * @throws the reason of `signal` when it aborts
 */
export async function buildForHost(options: HostBuildOptions): Promise<HostBuild> {
  const startedAt = hostNow();
  const plan = await makePlan(options);
  const stale = await findStale(plan);
  const stampPath = join(plan.buildDir, 'host-build.stamp');
  const isLinked = (await stampOf(plan)) === (await readFile(stampPath, 'utf8').catch(() => undefined));
  const rebuilt = stale.length > 0 || !isLinked;
  if (rebuilt) {
    await rm(stampPath, { force: true });
    await rm(plan.logFile, { force: true });
    await build(plan, stale, options);
    await writeAtomically(stampPath, await stampOf({ ...plan, hashes: new FileHashes() }));
  }
  const buildDir = await readBuildDirectory(plan.buildDir);
  return { buildDir, rebuilt, durationMs: elapsedMs(startedAt) };
}

interface Plan {
  readonly project: FirmwareProject;
  readonly buildDir: string;
  readonly compiler: Compiler;
  readonly units: readonly Unit[];
  /** Says who the application is: compiled at each link, so that its time is that of the build. */
  readonly description: Unit;
  readonly hashes: FileHashes;
  readonly logFile: string;
}

async function makePlan({
  firmwareDir,
  buildDir: dir,
  config = {},
  compiler,
}: HostBuildOptions): Promise<Plan> {
  const project = await readFirmwareProject(resolve(firmwareDir));
  const buildDir = resolve(dir);
  const shimDir = await findShim(project.dir);
  const shimSources = (await readdir(shimDir)).filter((file) => file.endsWith('.c')).sort();
  await writeConfig(buildDir, await readHostConfig(project.dir, shimDir, config));

  const flags = compilerFlags(project.dir, shimDir, buildDir);
  const toUnit = (source: string, group: string, root: string): Unit => ({
    source,
    object: join(buildDir, 'obj', group, `${relative(root, source).replaceAll('..', 'up')}.o`),
    flags,
  });
  const shimUnits = shimSources.map((file) => toUnit(join(shimDir, file), 'host', shimDir));
  const isDescription = (unit: Unit): boolean => unit.source === join(shimDir, 'app_description.c');
  const description = shimUnits.find(isDescription);
  if (description === undefined) {
    throw new BenchError('SHIM_BROKEN', { what: 'The host shim has no app_description.c', where: shimDir });
  }
  const mainDir = join(project.dir, 'main');
  return {
    project,
    buildDir,
    compiler: findCompiler(compiler ?? process.env['CC'] ?? 'cc'),
    units: [
      ...project.sources.map((source) => toUnit(source, 'main', mainDir)),
      ...shimUnits.filter((unit) => !isDescription(unit)),
    ],
    description,
    hashes: new FileHashes(),
    logFile: join(buildDir, 'log', 'build.log'),
  };
}

function compilerFlags(firmwareDir: string, shimDir: string, buildDir: string): string[] {
  return [
    '-std=gnu17',
    '-g',
    '-O1',
    '-Wall',
    '-Wextra',
    '-fdiagnostics-color=never',
    // Backtraces with each caller, at addresses that addr2line takes as they are.
    '-fno-omit-frame-pointer',
    '-fno-optimize-sibling-calls',
    '-fno-pie',
    '-pthread',
    // The same ELF file wherever the project lies.
    `-ffile-prefix-map=${shimDir}=./host`,
    `-ffile-prefix-map=${buildDir}=./build`,
    `-ffile-prefix-map=${firmwareDir}=.`,
    `-I${join(firmwareDir, 'main')}`,
    `-I${join(shimDir, 'include')}`,
    `-I${shimDir}`,
    `-I${join(buildDir, 'config')}`,
  ];
}

async function findShim(firmwareDir: string): Promise<string> {
  const own = join(firmwareDir, 'host');
  const files = await readdir(own).catch((): string[] => []);
  return files.includes('app_description.c') ? own : OWN_SHIM;
}

async function writeConfig(buildDir: string, config: ReadonlyMap<string, ConfigValue>): Promise<void> {
  await writeIfChanged(join(buildDir, 'config', 'sdkconfig.h'), renderConfigHeader(config));
  await writeIfChanged(join(buildDir, 'config', 'sdkconfig.json'), renderConfigJson(config));
}

async function findStale({ units, compiler, hashes }: Plan): Promise<Unit[]> {
  const current = await Promise.all(units.map((unit) => isUpToDate(unit, compiler, hashes)));
  return units.filter((_, index) => !current[index]);
}

/** What the linked program depends on and what came of it: as long as it stays the same, there is nothing to link. */
async function stampOf({ project, units, description, compiler, hashes, buildDir }: Plan): Promise<string> {
  const results = [
    `${project.name}.elf`,
    `${project.name}.bin`,
    'flasher_args.json',
    'project_description.json',
  ];
  const files = [
    ...units.map((unit) => unit.object),
    description.source,
    join(buildDir, 'config', 'sdkconfig.h'),
    ...results.map((file) => join(buildDir, file)),
  ];
  const contents = await Promise.all(files.map(async (path) => `${path} ${await hashes.of(path)}`));
  return sha256([compiler.identity, ...description.flags, ...contents].join('\n'));
}

async function build(
  plan: Plan,
  stale: readonly Unit[],
  { signal, onProgress }: HostBuildOptions,
): Promise<void> {
  const { project, buildDir, compiler, logFile } = plan;
  const run = { signal, logFile };
  const total = stale.length + FINAL_STEPS;
  let done = 0;
  const version = readProjectVersion(project.dir, signal);
  const folders = new Set([...plan.units, plan.description].map((unit) => dirname(unit.object)));
  for (const folder of folders) await mkdir(folder, { recursive: true });

  await forEachParallel(stale, JOBS, async (unit) => {
    onProgress?.(done, total, relative(project.dir, unit.source));
    const result = await compile(unit, compiler, plan.hashes, run);
    if (result.exitCode !== 0) throw compileError(plan, unit, result);
    done += 1;
  });

  onProgress?.(done, total, `${project.name}.elf`);
  const identity = {
    ...plan.description,
    flags: [
      ...plan.description.flags,
      `-DPROJECT_NAME=${JSON.stringify(project.name)}`,
      `-DPROJECT_VERSION=${JSON.stringify((await version).slice(0, 31))}`,
      `-DHOST_SHIM_VERSION=${JSON.stringify(HOST_SHIM_VERSION)}`,
    ],
  };
  const described = await compile(identity, compiler, new FileHashes(), run);
  if (described.exitCode !== 0) throw compileError(plan, identity, described);
  await link(plan, run);

  onProgress?.(done + 1, total, `${project.name}.bin`);
  const strippedPath = join(buildDir, strippedName(project));
  await writeBuildDirectory({
    buildDir,
    projectDir: project.dir,
    projectName: project.name,
    projectVersion: await version,
    idfVersion: HOST_SHIM_VERSION,
    elf: await readFile(join(buildDir, `${project.name}.elf`)),
    stripped: await readFile(strippedPath),
  });
  await rm(strippedPath);
}

/** Links twice from the same objects: for the debugger, and without symbols for the flash. */
async function link(plan: Plan, run: { signal: AbortSignal | undefined; logFile: string }): Promise<void> {
  const { project, buildDir, compiler } = plan;
  const objects = [...plan.units, plan.description].map((unit) => unit.object);
  const args = [
    ...objects,
    '-no-pie',
    '-pthread',
    '-Wl,--build-id=none',
    // Where an ESP32's code is mapped from the flash.
    '-Wl,-Ttext-segment=0x400d0000',
    ...WRAPPED.map((name) => `-Wl,--wrap=${name}`),
  ];
  const outputs = [
    ['-o', join(buildDir, `${project.name}.elf`)],
    ['-s', '-o', join(buildDir, strippedName(project))],
  ];
  const results = await Promise.all(
    outputs.map((output) =>
      runTool({ command: compiler.path, args: [...args, ...output], env: COMPILER_ENV, ...run }),
    ),
  );
  const failed = results.find((result) => result.exitCode !== 0);
  if (failed === undefined) return;
  const lines = failed.stderr
    .split('\n')
    .filter((line) => /undefined reference|multiple definition|error/.test(line));
  throw new DutError('LINK_FAILED', {
    what: `The firmware could not be linked for this machine`,
    where: plan.logFile,
    evidence: lines.length > 0 ? lines.slice(0, 10) : lastLines(failed.stderr),
    next: 'mend the firmware; calls that the host build does not know are listed in firmware/host/README.md',
  });
}

function compileError(plan: Plan, unit: Unit, { stderr }: ToolResult): DutError | BenchError {
  const errors = stderr.split('\n').filter((line) => /: (?:fatal )?error: /.test(line));
  const [, where = unit.source] = /^(.+?:\d+:\d+): /.exec(errors[0] ?? '') ?? [];
  const story = {
    what: `${relative(plan.project.dir, unit.source)} does not compile`,
    where,
    evidence: errors.length > 0 ? errors.slice(0, 10) : lastLines(stderr),
    next: `mend it; the compiler's whole output is in ${plan.logFile}`,
  };
  // A shim that doesn't compile says nothing about the firmware.
  return plan.project.sources.includes(unit.source)
    ? new DutError('COMPILE_FAILED', story)
    : new BenchError('SHIM_BROKEN', story);
}

function strippedName(project: FirmwareProject): string {
  return `${project.name}.stripped`;
}

/** Runs `work` on each item, at most `limit` at a time. After a failure no further item is begun. */
async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const drain = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: limit }, drain));
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason;
}

async function writeIfChanged(path: string, text: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) await writeAtomically(path, text);
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
