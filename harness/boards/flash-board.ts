import { join } from 'node:path';
import type { BuildDirectory } from '../build/build-directory.ts';
import { chooseFlasher, type FlashJob } from '../flash/choose-flasher.ts';
import type { Console, StageOptions, StageOutcome } from './board.ts';

/** ESP-IDF's default baud rate for flashing (`idf.py -b`). */
const defaultBaudRate = 460_800;

export interface BoardFlashing extends Pick<FlashJob, 'choice' | 'builtHere'> {
  readonly build: BuildDirectory;
  readonly console: Console;
  /** Absent: ESP-IDF's default. */
  readonly baudRate?: number | undefined;
}

/** Brings a build into the flash of the board behind a console. What is there already is not written again. */
export async function flashBoard(
  { build, console, baudRate = defaultBaudRate, ...job }: BoardFlashing,
  { signal, recordDir, onProgress }: StageOptions,
): Promise<StageOutcome> {
  const { path, reset, resetHoldMs } = console;
  const flash = await chooseFlasher({ ...job, target: build.target, path, signal });
  return await flash({
    build,
    path,
    reset,
    resetHoldMs,
    baudRate,
    logFile: join(recordDir, 'flash.log'),
    signal,
    onProgress: (done, total, what) => {
      onProgress({ done, total, what });
    },
  });
}
