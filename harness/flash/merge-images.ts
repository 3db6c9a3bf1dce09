import { readFile } from 'node:fs/promises';
import type { BuildDirectory } from '../build/build-directory.ts';
import { BenchError } from '../errors.ts';

/** As `esptool merge-bin --pad-to-size` does: the whole flash with the images of a build in it, FF elsewhere. */
export async function mergeImages(build: BuildDirectory): Promise<Buffer> {
  const flash = Buffer.alloc(flashBytes(build.flashSettings?.size), 0xff);
  for (const { offset, path } of build.flashFiles) {
    const data = await readFile(path);
    if (offset + data.length > flash.length) {
      throw new BenchError('FLASH_TOO_SMALL', {
        what: `${path} (${data.length} bytes at 0x${offset.toString(16)}) does not fit into a flash of ${flash.length / 2 ** 20} MiB`,
        next: 'set the flash size in menuconfig',
      });
    }
    data.copy(flash, offset);
  }
  return flash;
}

/** `4MB` in bytes; what a build leaves open (`detect`, `keep`) is 4 MiB. */
function flashBytes(size: string | undefined): number {
  const [, megabytes] = /^(\d+)MB$/.exec(size ?? '') ?? [];
  return Number(megabytes ?? 4) * 2 ** 20;
}
