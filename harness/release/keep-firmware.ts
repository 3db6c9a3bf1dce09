import { cp, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { BuildDirectory } from '../build/build-directory.ts';

/** Folder of a record, and of an evidence folder, that holds the firmware as it was flashed. */
export const firmwareFolder = 'firmware';

/** Descriptions of a build; with them, what is kept is a build directory that can be flashed again (`--build-dir`). */
const descriptions = ['flasher_args.json', 'project_description.json', 'config/sdkconfig.json'];

/** Copies what a build flashes, its ELF file and its descriptions into `dir`, under the names that they have in the build. */
export async function keepFirmware(build: BuildDirectory, dir: string): Promise<void> {
  const files = [build.appElfPath, ...build.flashFiles.map(({ path }) => path)];
  const paths = [...files, ...descriptions.map((name) => join(build.dir, name))];
  for (const path of paths) {
    const copy = join(dir, relative(build.dir, path));
    await mkdir(dirname(copy), { recursive: true });
    await cp(path, copy).catch((error: unknown) => {
      // A build for the linux target flashes nothing, and has no description of it.
      const isOptional = !files.includes(path) && (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isOptional) throw error;
    });
  }
}
