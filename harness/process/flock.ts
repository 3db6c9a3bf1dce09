import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import type { KoffiFunc } from 'koffi';
import { BenchError } from '../errors.ts';

/** `flock(2)`, which Node.js doesn't pass on. Linux and macOS agree on these numbers. */
const LOCK_EX = 2;
const LOCK_NB = 4;

type Flock = KoffiFunc<(fd: number, operation: number) => number>;

let flock: Flock | undefined;

/**
 * Takes the kernel's lock on an open file for this process alone, without waiting. The kernel gives it back when the descriptor
 * is closed, however the process ends.
 *
 * @returns whether it was to be had.
 * @throws BenchError `LOCK_UNSUPPORTED` where the system has no such call.
 */
export function tryFlock(fd: number): boolean {
  flock ??= loadFlock();
  return flock(fd, LOCK_EX | LOCK_NB) === 0;
}

/**
 * The same, but waits for it, in a thread of Node.js's pool. The kernel hands it on when its holder ends, however that ends.
 *
 * @throws BenchError `LOCK_UNSUPPORTED` where the system has no such call.
 */
export async function waitForFlock(fd: number): Promise<void> {
  const call = (flock ??= loadFlock());
  await new Promise<void>((resolve, reject) => {
    call.async(fd, LOCK_EX, (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function loadFlock(): Flock {
  try {
    // Loaded only now: who locks nothing does without it.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return koffi.load(null).func('int flock(int fd, int operation)') as Flock;
  } catch (error) {
    throw new BenchError('LOCK_UNSUPPORTED', {
      what: `This system has no file locks that end with their process: ${(error as Error).message}`,
      next: 'use Linux or macOS, and install with optional dependencies (`npm ci`)',
      cause: error,
    });
  }
}
