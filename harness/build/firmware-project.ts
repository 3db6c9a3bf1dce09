import { access, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DutError, UsageError } from '../errors.ts';
import { runTool } from '../process/run-tool.ts';
import { parseKconfig, parseSdkconfig, resolveConfig, type ConfigValue } from './kconfig.ts';

/** An ESP-IDF project as far as the host build understands it: one component, `main`. */
export interface FirmwareProject {
  readonly dir: string;
  /** By `project(NAME)`. */
  readonly name: string;
  /** The C files that `main/CMakeLists.txt` names. */
  readonly sources: readonly string[];
}

/**
 * Reads the project in `dir`.
 *
 * @throws {@link UsageError} `NO_FIRMWARE` when it is none; {@link DutError} `SOURCE_MISSING`.
 */
export async function readFirmwareProject(dir: string): Promise<FirmwareProject> {
  const [, name] =
    /^\s*project\(\s*"?([\w.-]+)/m.exec(await readProjectFile(join(dir, 'CMakeLists.txt'))) ?? [];
  const main = join(dir, 'main');
  const list = await readProjectFile(join(main, 'CMakeLists.txt'));
  const sources = namedSources(list).map((file) => join(main, file));
  if (name === undefined || sources.length === 0) {
    throw new UsageError('NO_FIRMWARE', {
      what: name === undefined ? 'No project(NAME) in CMakeLists.txt' : 'No C file in main/CMakeLists.txt',
      where: dir,
      next: 'name the folder of an ESP-IDF project whose client is in main/',
    });
  }
  for (const source of sources) {
    await access(source).catch((cause: unknown) => {
      throw new DutError('SOURCE_MISSING', {
        what: `main/CMakeLists.txt names ${relative(main, source)}, which is not there`,
        where: source,
        next: 'add the file, or take it out of SRCS',
        cause,
      });
    });
  }
  return { dir, name, sources };
}

/**
 * The project's configuration on the host: defaults of its Kconfig, its `sdkconfig.defaults`, the shim's
 * `sdkconfig.defaults`, then `overrides` (names with or without `CONFIG_`).
 */
export async function readHostConfig(
  dir: string,
  shimDir: string,
  overrides: Readonly<Record<string, ConfigValue>>,
): Promise<Map<string, ConfigValue>> {
  const options = parseKconfig(await readOptional(join(dir, 'main', 'Kconfig.projbuild')));
  const own = parseSdkconfig(await readOptional(join(dir, 'sdkconfig.defaults')));
  const shim = parseSdkconfig(await readOptional(join(shimDir, 'sdkconfig.defaults')));
  const last = new Map(
    Object.entries(overrides).map(([name, value]) => [name.replace(/^CONFIG_/, ''), value]),
  );
  return resolveConfig(options, [own, shim, last]);
}

/** The version that ESP-IDF's build would write into the image: `version.txt`, else `git describe`, else 1. */
export async function readProjectVersion(dir: string, signal: AbortSignal | undefined): Promise<string> {
  const [firstLine = ''] = (await readOptional(join(dir, 'version.txt'))).split('\n');
  if (firstLine.trim() !== '') return firstLine.trim();
  try {
    const args = ['-C', dir, 'describe', '--always', '--tags', '--dirty'];
    const { exitCode, stdout } = await runTool({ command: 'git', args, signal, timeoutMs: 10_000 });
    return exitCode === 0 && stdout !== '' ? stdout : '1';
  } catch {
    signal?.throwIfAborted();
    return '1';
  }
}

/** C files that a CMakeLists.txt names, without those that are only for ESP-IDF's linux target: the virtual board is an ESP32. */
function namedSources(cmake: string): string[] {
  const forChips = cmake
    .replaceAll(/#.*$/gm, '')
    .replaceAll(/\bif\s*\([^()]*STREQUAL\s+"?linux"?\s*\)[^]*?\b(?:else|endif)\s*\(\s*\)/g, '');
  return forChips.match(/[\w./-]+\.c\b/g) ?? [];
}

async function readProjectFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError('NO_FIRMWARE', {
      what: 'This is no ESP-IDF project: a file is missing',
      where: path,
      next: 'name the folder of an ESP-IDF project whose client is in main/',
      cause,
    });
  }
}

async function readOptional(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
