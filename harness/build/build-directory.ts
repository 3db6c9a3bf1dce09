import { access, open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { APP_DESCRIPTION_LENGTH, parseAppDescription } from './app-description.ts';

/** What an ESP-IDF build left behind, whoever ran it: `idf.py` of v5.1 to v6, for any chip, or our host build. */
export interface BuildDirectory {
  /** Absolute path; so are the other paths. */
  readonly dir: string;
  readonly projectName: string;
  /** Of the project, as the application's boot log shows it. */
  readonly projectVersion: string;
  /** `v6.0.2`, as the boot log shows it. */
  readonly idfVersion: string;
  /** `esp32`, `esp32c3`, `linux`, … */
  readonly target: string;
  readonly appElfPath: string;
  /** Folder of the project; absent when the build tells none. */
  readonly projectDir?: string;
  /** `xtensa-esp32-elf-`: begins the names of the tools that read the ELF; empty for this host's own. */
  readonly toolPrefix: string;
  /** The C compiler that has built it, as a path; absent when the build tells none. */
  readonly compilerPath?: string;
  /** 64 hex digits that the boot log starts to show; absent on target `linux`, whose log shows none. */
  readonly elfSha256?: string;
  /** What goes into the flash, in order of offset; empty on target `linux`. */
  readonly flashFiles: readonly FlashFile[];
  /** Absent on target `linux`. */
  readonly flashSettings?: FlashSettings;
  /** The one of `flashFiles` that is the application; absent on target `linux`. */
  readonly app?: FlashFile;
  /** `sdkconfig` with names without `CONFIG_`; empty when the build left none. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface FlashFile {
  readonly offset: number;
  readonly path: string;
}

/** In esptool's words; each may be `keep` or `detect`. */
export interface FlashSettings {
  readonly mode: string;
  readonly freq: string;
  readonly size: string;
}

const APP_DESCRIPTION_AT = 0x20;

/**
 * Reads the description of a build.
 *
 * @throws {@link UsageError} `NO_BUILD` when `dir` is no build directory or a file that it names is missing.
 */
export async function readBuildDirectory(dir: string): Promise<BuildDirectory> {
  const root = resolve(dir);
  const project = await readJson(join(root, 'project_description.json'));
  const projectDir = project.optional('project_path');
  const compilerPath = project.optional('c_compiler');
  const description = {
    dir: root,
    projectName: project.text('project_name'),
    projectVersion: project.text('project_version', '1'),
    // The version of ESP-IDF, whatever its name says.
    idfVersion: project.text('git_revision', 'unknown'),
    target: project.text('target'),
    appElfPath: join(root, project.text('app_elf')),
    toolPrefix: project.text('monitor_toolprefix', ''),
    ...(projectDir !== undefined && { projectDir }),
    ...(compilerPath !== undefined && { compilerPath }),
    config: await readConfig(root),
  };
  if (description.target === 'linux') return { ...description, flashFiles: [] };

  const args = await readJson(join(root, 'flasher_args.json'));
  const files = args.object('flash_files');
  const flashFiles = files.names
    .map((offset) => ({ offset: Number(offset), path: join(root, files.text(offset)) }))
    .sort((a, b) => a.offset - b.offset);
  const settings = args.object('flash_settings');
  const app = args.object('app');
  const appFile = { offset: Number(app.text('offset')), path: join(root, app.text('file')) };
  const elfSha256 = await readElfSha256(appFile.path);
  return {
    ...description,
    flashFiles,
    flashSettings: {
      mode: settings.text('flash_mode'),
      freq: settings.text('flash_freq'),
      size: settings.text('flash_size'),
    },
    app: appFile,
    ...(elfSha256 !== undefined && { elfSha256 }),
  };
}

async function readElfSha256(appPath: string): Promise<string | undefined> {
  const head = Buffer.alloc(APP_DESCRIPTION_LENGTH);
  try {
    await using file = await open(appPath);
    await file.read(head, 0, head.length, APP_DESCRIPTION_AT);
  } catch (cause) {
    throw noBuild(appPath, cause);
  }
  return parseAppDescription(head)?.elfSha256;
}

async function readConfig(root: string): Promise<Readonly<Record<string, unknown>>> {
  const path = join(root, 'config', 'sdkconfig.json');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? (await readJson(path)).values : {};
}

async function readJson(path: string): Promise<JsonObject> {
  try {
    return new JsonObject(path, JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw cause instanceof UsageError ? cause : noBuild(path, cause);
  }
}

/** An object of a JSON file, whose members are what the reader takes them for, or the file is blamed. */
class JsonObject {
  readonly values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(path: string, value: unknown) {
    if (typeof value !== 'object' || value === null) throw noBuild(path, new TypeError('not a JSON object'));
    this.#path = path;
    this.values = value as Record<string, unknown>;
  }

  get names(): string[] {
    return Object.keys(this.values);
  }

  text(name: string, otherwise?: string): string {
    const value = this.values[name] ?? otherwise;
    if (typeof value !== 'string') throw noBuild(this.#path, new TypeError(`"${name}" is no text`));
    return value;
  }

  /** A text that may be missing or empty. */
  optional(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  object(name: string): JsonObject {
    const value = this.values[name];
    if (typeof value !== 'object') throw noBuild(this.#path, new TypeError(`"${name}" is no object`));
    return new JsonObject(this.#path, value);
  }
}

function noBuild(path: string, cause: unknown): UsageError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new UsageError('NO_BUILD', {
    what: isMissing
      ? 'A file of the build directory is missing'
      : 'A file of the build directory can not be read',
    where: path,
    ...(!isMissing && cause instanceof Error && { evidence: [cause.message] }),
    next: 'name a directory that `idf.py build` has finished',
    cause,
  });
}
