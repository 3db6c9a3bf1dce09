import { access, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { BenchError, UsageError } from '../../errors.ts';
import { lastLines, runTool } from '../../process/run-tool.ts';

/** An ESP-IDF that can be used. */
export interface EspIdf {
  readonly dir: string;
  /** `6.0.2`; absent when its sources don't tell. */
  readonly version?: string;
  /** Why this one, for people. */
  readonly why: string;
  /** What its tools need of the environment, beside ours; empty in a shell where ESP-IDF was exported. */
  readonly env: Readonly<Record<string, string>>;
}

export interface IdfWish {
  /** An ESP-IDF named by the user; absent: the one of the shell, else the newest that is found. */
  readonly idfDir?: string;
  readonly signal?: AbortSignal | undefined;
  /** Where to look, for the tests; by default this host's home folder and root. */
  readonly home?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Found on disk, but not exported: its tools are not in PATH. */
interface Installation {
  readonly dir: string;
  readonly version?: string;
  /** Script that sets its environment up. */
  readonly script: string;
  readonly why: string;
}

/**
 * Finds an ESP-IDF: the one that was asked for; else the one that this shell has exported; else the newest of those that
 * ESP-IDF's Installation Manager knows and of the usual places. One that is not exported is activated by its own script.
 *
 * @throws UsageError IDF_MISSING when the folder that was asked for is none.
 * @throws BenchError IDF_NOT_FOUND; IDF_NOT_USABLE when its script fails (tools or Python packages missing).
 */
export async function findIdf({
  idfDir,
  signal,
  home = homedir(),
  env = process.env,
}: IdfWish): Promise<EspIdf> {
  if (idfDir !== undefined) {
    const dir = resolve(idfDir);
    if (!(await isIdf(dir))) {
      throw new UsageError('IDF_MISSING', {
        what: '--idf must be the folder of an ESP-IDF, with tools/idf.py in it',
        where: dir,
        next: 'name the folder that IDF_PATH would name',
      });
    }
    return await activate(await installationAt(dir, 'as asked by --idf'), signal);
  }
  const exported = await findExported(env);
  if (exported !== undefined) return exported;
  const found = await findInstallations(home, env);
  const [newest, ...others] = found.sort((a, b) => compareVersions(b.version, a.version));
  if (newest === undefined) {
    throw new BenchError('IDF_NOT_FOUND', {
      what: 'This firmware is built by ESP-IDF, and there is none: no idf.py in PATH, no IDF_PATH, none in the usual places',
      where: [join(home, 'esp'), join(home, '.espressif'), '/opt/esp/idf'].join(', '),
      next: 'install ESP-IDF and run `. $IDF_PATH/export.sh`, or name it (--idf DIR), or give a build made elsewhere (--build-dir DIR)',
    });
  }
  const beside = others.length === 0 ? '' : `, the newest of ${found.length}`;
  return await activate({ ...newest, why: `${newest.why}${beside}` }, signal);
}

async function findExported(env: NodeJS.ProcessEnv): Promise<EspIdf | undefined> {
  const dir = env['IDF_PATH'];
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const inPath = await Promise.all(folders.map(async (folder) => isFile(join(folder, 'idf.py'))));
  if (dir === undefined || dir === '' || !inPath.includes(true)) return undefined;
  return { dir, ...(await versionOf(dir)), why: 'exported in this shell', env: {} };
}

async function findInstallations(home: string, env: NodeJS.ProcessEnv): Promise<Installation[]> {
  const found: Installation[] = [];
  const add = async (dir: string, why: string, script?: string): Promise<void> => {
    if (found.some((known) => known.dir === dir) || !(await isIdf(dir))) return;
    found.push({ ...(await installationAt(dir, why)), ...(script !== undefined && { script }) });
  };
  if (env['IDF_PATH']) await add(resolve(env['IDF_PATH']), 'named by IDF_PATH');
  for (const { path, activationScript } of await readInstallationManager(home)) {
    await add(path, "known to ESP-IDF's Installation Manager", activationScript);
  }
  const usual = [
    join(home, 'esp/esp-idf'),
    ...(await foldersIn(join(home, 'esp'))).flatMap((dir) => [dir, join(dir, 'esp-idf')]),
    ...(await foldersIn(join(home, '.espressif'))).map((dir) => join(dir, 'esp-idf')),
  ];
  for (const dir of usual) await add(dir, 'found in the home folder');
  for (const dir of ['/opt/esp/idf', '/opt/esp-idf']) await add(dir, 'found in /opt');
  return found;
}

interface ManagedIdf {
  readonly path: string;
  readonly activationScript?: string;
}

/** What the Installation Manager has installed, the selected one first. It keeps its books in a file of the home folder. */
async function readInstallationManager(home: string): Promise<ManagedIdf[]> {
  try {
    const books = JSON.parse(await readFile(join(home, '.espressif/tools/eim_idf.json'), 'utf8')) as {
      readonly idfInstalled?: readonly (ManagedIdf & { readonly id?: string })[];
      readonly idfSelectedId?: string;
    };
    const installed = [...(books.idfInstalled ?? [])].filter(({ path }) => typeof path === 'string');
    const rank = ({ id }: { readonly id?: string }): number => (id === books.idfSelectedId ? 0 : 1);
    return installed.sort((a, b) => rank(a) - rank(b));
  } catch {
    // No such file, or one that we don't understand: it is one place to look among others.
    return [];
  }
}

async function installationAt(dir: string, why: string): Promise<Installation> {
  return { dir, ...(await versionOf(dir)), script: join(dir, 'export.sh'), why };
}

/** Runs the script of an installation and takes over what it changes in the environment. */
async function activate(
  { dir, version, script, why }: Installation,
  signal: AbortSignal | undefined,
): Promise<EspIdf> {
  const { exitCode, stdout, stderr } = await runTool({
    command: 'bash',
    // The script of ESP-IDF v6 ends with 0 also when it has failed: whether its own idf.py can be run then tells.
    args: [
      '-c',
      '. "$1" >&2 && [ "$(command -v idf.py)" -ef "$2" ] && env -0',
      ...['bash', script, join(dir, 'tools/idf.py')],
    ],
    env: { IDF_PATH: dir },
    signal,
    timeoutMs: 120_000,
  });
  if (exitCode !== 0) {
    throw new BenchError('IDF_NOT_USABLE', {
      what: `ESP-IDF${version === undefined ? '' : ` ${version}`} is there, but can't be activated: its tools are not complete`,
      where: script,
      evidence: lastLines(stderr, 6),
      next: `run \`${join(dir, 'install.sh')}\`, then try again`,
    });
  }
  const entries = stdout.split('\0').flatMap((entry) => {
    const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(entry) ?? [];
    return name === undefined || value === undefined || process.env[name] === value ? [] : [[name, value]];
  });
  return {
    dir,
    ...(version !== undefined && { version }),
    why,
    env: Object.fromEntries(entries) as Record<string, string>,
  };
}

/** From the sources: a checkout has no `version.txt`. @see ESP-IDF tools/cmake/version.cmake */
async function versionOf(dir: string): Promise<{ readonly version?: string }> {
  const text = await readFile(join(dir, 'tools/cmake/version.cmake'), 'utf8').catch(() => '');
  const part = (name: string) => new RegExp(`IDF_VERSION_${name} (\\d+)`).exec(text)?.[1];
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(part);
  return parts.includes(undefined) ? {} : { version: parts.join('.') };
}

/** Unknown versions are the oldest. */
function compareVersions(a = '0', b = '0'): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function isIdf(dir: string): Promise<boolean> {
  return isFile(join(dir, 'tools/idf.py'));
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
}

async function isFile(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
