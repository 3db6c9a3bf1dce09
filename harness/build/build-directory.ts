import { open, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
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

const ProjectDescription = z.object({
  project_name: z.string(),
  project_version: z.string().default('1'),
  /** The version of ESP-IDF, whatever the name says. */
  git_revision: z.string().default('unknown'),
  target: z.string(),
  app_elf: z.string(),
});

const FlasherArgs = z.object({
  flash_settings: z.object({ flash_mode: z.string(), flash_freq: z.string(), flash_size: z.string() }),
  flash_files: z.record(z.string(), z.string()),
  app: z.object({ offset: z.string(), file: z.string() }).optional(),
});

/**
 * Reads the description of a build.
 *
 * @throws {@link UsageError} `NO_BUILD` when `dir` is no build directory or a file that it names is missing.
 */
export async function readBuildDirectory(dir: string): Promise<BuildDirectory> {
  const root = resolve(dir);
  const project = await readJson(join(root, 'project_description.json'), ProjectDescription);
  const description = {
    dir: root,
    projectName: project.project_name,
    projectVersion: project.project_version,
    idfVersion: project.git_revision,
    target: project.target,
    appElfPath: join(root, project.app_elf),
    config: await readConfig(root),
  };
  if (project.target === 'linux') return { ...description, flashFiles: [] };

  const args = await readJson(join(root, 'flasher_args.json'), FlasherArgs);
  const flashFiles = Object.entries(args.flash_files)
    .map(([offset, file]) => ({ offset: Number(offset), path: join(root, file) }))
    .sort((a, b) => a.offset - b.offset);
  const app = args.app && { offset: Number(args.app.offset), path: join(root, args.app.file) };
  const elfSha256 = app && (await readElfSha256(app.path));
  return {
    ...description,
    flashFiles,
    flashSettings: {
      mode: args.flash_settings.flash_mode,
      freq: args.flash_settings.flash_freq,
      size: args.flash_settings.flash_size,
    },
    ...(app && { app }),
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

async function readConfig(root: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(root, 'config', 'sdkconfig.json'), 'utf8').catch(() => '{}');
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw noBuild(path, cause);
  }
}

function noBuild(path: string, cause: unknown): UsageError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new UsageError('NO_BUILD', {
    what: isMissing
      ? 'A file of the build directory is missing'
      : 'A file of the build directory can not be read',
    where: path,
    ...(!isMissing && cause instanceof Error && { evidence: cause.message.split('\n').slice(0, 5) }),
    next: 'name a directory that `idf.py build` has finished',
    cause,
  });
}
