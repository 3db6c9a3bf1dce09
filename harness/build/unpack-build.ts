import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../errors.ts';

/** An ESP-IDF build takes some 100 MB with its object files; what is larger is none. */
const maxBytes = 2 * 2 ** 30;

/** The file by which a build directory is known. */
const marker = 'project_description.json';

/**
 * The build directory that a user has named: a folder as it is, or the one in a zip file, as CI systems hand out artefacts.
 * A zip file is unpacked once, into a folder named after its contents.
 *
 * @param unpackDir where zip files are unpacked to.
 * @throws UsageError `NO_BUILD` when there is no such file, it is no zip file, or holds no build or several.
 */
export async function openBuild(path: string, unpackDir: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  // A folder that isn't one either is told by who reads it.
  if (found?.isFile() !== true) return path;
  const dir = join(unpackDir, (await digestOf(path)).slice(0, 16));
  if ((await stat(dir).catch(() => undefined)) === undefined) await unpack(path, dir);
  return await findBuild(path, dir);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Unpacks beside, then renames: a folder of that name is complete, and two runs don't meet. */
async function unpack(file: string, dir: string): Promise<void> {
  const beside = `${dir}.${process.pid}`;
  try {
    await extract(file, beside);
    await rename(beside, dir);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Another run was faster.
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY') return;
    throw noBuild(file, `The zip file can't be unpacked: ${(error as Error).message}`, error);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Names that lead out of the folder are refused by yauzl, and so are sizes that are not what was announced. */
async function extract(file: string, dir: string): Promise<void> {
  // Loaded only now: most runs unpack nothing.
  const { openPromise: openZip } = await import('yauzl');
  const zip = await openZip(file);
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    totalBytes += entry.uncompressedSize;
    if (totalBytes > maxBytes) throw noBuild(file, `It holds more than ${maxBytes / 2 ** 30} GiB`);
    const path = join(dir, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(path));
  }
}

/** Artefacts hold the build at their top, or some folders down. */
async function findBuild(file: string, dir: string): Promise<string> {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  // The bootloader is built in a project of its own, inside the build directory of the app.
  const builds = names
    .toSorted()
    .filter((name) => basename(name) === marker)
    .map((name) => dirname(join(dir, name)))
    .filter((build) => basename(build) !== 'bootloader');
  const [build, second] = builds;
  if (build === undefined)
    throw noBuild(file, 'The zip file holds no build: no project_description.json is in it');
  if (second === undefined) return build;
  throw noBuild(
    file,
    `The zip file holds ${builds.length} builds: ${builds.map((other) => relative(dir, other)).join(', ')}`,
  );
}

function noBuild(file: string, what: string, cause?: unknown): UsageError {
  return new UsageError('NO_BUILD', {
    what,
    where: file,
    next: 'name the zip file of one build directory that `idf.py build` has finished, or unpack it and name the folder',
    cause,
  });
}
