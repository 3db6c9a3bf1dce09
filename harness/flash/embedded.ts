import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { withBaudFallback } from './baud-fallback.ts';
import { flashImages } from './embedded-flasher.ts';
import type { Flasher } from './flasher.ts';

/** The harness's own flasher, for the ESP32 and ESP32-C3: needs no Python, and is fast over RFC 2217, where esptool is not. */
export const flashByOurselves: Flasher = async ({
  build,
  path,
  reset,
  resetHoldMs,
  baudRate,
  signal,
  onProgress,
}) => {
  const images = build.flashFiles.map((file) => ({
    offset: file.offset,
    name: basename(file.path, '.bin'),
    data: readFileSync(file.path),
  }));
  return await withBaudFallback(baudRate, async (rate) => {
    const { chip, written, skipped } = await flashImages({
      path,
      baudRate: rate,
      ...(resetHoldMs !== undefined && { resetHoldMs }),
      reset,
      images,
      signal,
      onProgress: ({ name, writtenBytes, totalBytes }) => {
        onProgress?.(writtenBytes, totalBytes, name);
      },
    });
    const told = [
      ...(written.length > 0 ? [`wrote and verified ${written.join(', ')}`] : []),
      ...(skipped.length > 0 ? [`already in flash: ${skipped.join(', ')}`] : []),
    ];
    return { skipped: written.length === 0, summary: `${chip}: ${told.join('; ')}` };
  });
};
