import { createHash } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../errors.ts';
import type { BuildDirectory } from './build-directory.ts';
import { writeElfSha256 } from './program-identity.ts';
import { writeWhole } from './write-file.ts';

/** A build for the linux target, whose program knows its own SHA-256. */
export interface IdentifiedProgram {
  readonly build: BuildDirectory;
  /** The file to run. */
  readonly program: string;
}

/**
 * Gives a program of the linux target its identity. For a chip esptool writes the SHA-256 of the ELF file into the
 * description inside the image, and the boot log shows it; for linux there is no image, so it is written into a copy.
 *
 * @throws BenchError NO_DESCRIPTION when the program has no description that could hold it.
 */
export async function identifyProgram(build: BuildDirectory): Promise<IdentifiedProgram> {
  const elf = await readFile(build.appElfPath);
  const elfSha256 = createHash('sha256').update(elf).digest('hex');
  try {
    writeElfSha256(elf, elfSha256);
  } catch (cause) {
    throw new BenchError('NO_DESCRIPTION', {
      what: 'The program has no application description, so nobody could tell which program runs',
      where: build.appElfPath,
      next: 'add esp_app_format to the PRIV_REQUIRES of main/CMakeLists.txt for the linux target',
      cause,
    });
  }
  const program = join(build.dir, `${build.projectName}.identified.elf`);
  await writeWhole(program, elf);
  await chmod(program, 0o755);
  return { program, build: { ...build, elfSha256 } };
}
