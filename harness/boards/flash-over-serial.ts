import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { BuildDirectory } from '../build/build-directory.ts';
import { flashImages } from '../flash/embedded-flasher.ts';
import type { Console, StageOptions, StageOutcome } from './board.ts';

/** ESP-IDF's default baud rate for flashing (`idf.py -b`). */
const flashBaudRate = 460_800;

/** Brings a build into the flash of the board behind a console, by its ROM's loader. What is there already is not written again. */
export async function flashOverSerial(
  build: BuildDirectory,
  { path, resetHoldMs }: Console,
  { signal, onProgress }: StageOptions,
): Promise<StageOutcome> {
  const images = build.flashFiles.map((file) => ({
    offset: file.offset,
    name: basename(file.path, '.bin'),
    data: readFileSync(file.path),
  }));
  const { chip, written, skipped } = await flashImages({
    path,
    baudRate: flashBaudRate,
    ...(resetHoldMs !== undefined && { resetHoldMs }),
    images,
    signal,
    onProgress: ({ name, writtenBytes, totalBytes }) => {
      onProgress({ done: writtenBytes, total: totalBytes, what: name });
    },
  });
  const told = [
    ...(written.length > 0 ? [`wrote and verified ${written.join(', ')}`] : []),
    ...(skipped.length > 0 ? [`already in flash: ${skipped.join(', ')}`] : []),
  ];
  return { skipped: written.length === 0, summary: `${chip}: ${told.join('; ')}` };
}
