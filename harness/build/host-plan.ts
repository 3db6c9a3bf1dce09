import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../errors.ts';
import { FileHashes, findCompiler, isUpToDate, sha256, type Compiler, type Unit } from './c-compiler.ts';
import { readFirmwareProject, readHostConfig, type FirmwareProject } from './firmware-project.ts';
import { renderConfigHeader, renderConfigJson, type ConfigValue } from './kconfig.ts';
import { writeIfChanged } from './write-file.ts';

export interface HostPlanOptions {
  readonly firmwareDir: string;
  readonly buildDir: string;
  readonly config: Readonly<Record<string, ConfigValue>>;
  readonly compiler: string;
}

/** What a host build consists of. */
export interface Plan {
  readonly project: FirmwareProject;
  readonly buildDir: string;
  readonly compiler: Compiler;
  readonly units: readonly Unit[];
  /** Says who the application is: compiled at each link, so that its time is that of the build. */
  readonly description: Unit;
  readonly linkFlags: readonly string[];
  readonly hashes: FileHashes;
  readonly logFile: string;
}

const OWN_SHIM = fileURLToPath(new URL('../../firmware/host', import.meta.url));
/** The calls of the firmware that the shim answers in the host's place. */
const WRAPPED = ['socket', 'close', 'bind', 'connect', 'sendto', 'select', 'abort'];
const LINK_FLAGS = [
  '-no-pie',
  '-pthread',
  '-Wl,--build-id=none',
  // Where an ESP32's code is mapped from the flash.
  '-Wl,-Ttext-segment=0x400d0000',
  ...WRAPPED.map((name) => `-Wl,--wrap=${name}`),
];

/** Reads the project and writes its configuration into the build directory; compiles nothing yet. */
export async function makePlan(options: HostPlanOptions): Promise<Plan> {
  const project = await readFirmwareProject(resolve(options.firmwareDir));
  const buildDir = resolve(options.buildDir);
  const shimDir = await findShim(project.dir);
  const shimSources = (await readdir(shimDir)).filter((file) => file.endsWith('.c')).sort();
  await writeConfig(buildDir, await readHostConfig(project.dir, shimDir, options.config));

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
    compiler: findCompiler(options.compiler),
    units: [
      ...project.sources.map((source) => toUnit(source, 'main', mainDir)),
      ...shimUnits.filter((unit) => !isDescription(unit)),
    ],
    description,
    linkFlags: LINK_FLAGS,
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

/** The files that must be compiled again. */
export async function findStale({ units, compiler, hashes }: Plan): Promise<Unit[]> {
  const current = await Promise.all(units.map((unit) => isUpToDate(unit, compiler, hashes)));
  return units.filter((_, index) => !current[index]);
}

/**
 * What the linked program depends on and what came of it: as long as this stays the same, there is nothing to link. Reads
 * every file again.
 */
export async function stampOf({
  project,
  buildDir,
  units,
  description,
  compiler,
  linkFlags,
}: Plan): Promise<string> {
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
  const hashes = new FileHashes();
  const contents = await Promise.all(files.map(async (path) => `${path} ${await hashes.of(path)}`));
  return sha256([compiler.identity, ...description.flags, ...linkFlags, ...contents].join('\n'));
}
