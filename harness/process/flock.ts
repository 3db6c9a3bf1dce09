import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { BenchError } from '../errors.ts';

/** `flock(2)`, which Node.js doesn't pass on. Linux and macOS agree on these numbers. */
const LOCK_EX = 2;
const LOCK_NB = 4;

let flock: ((fd: number, operation: number) => number) | undefined;

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

function loadFlock(): (fd: number, operation: number) => number {
  try {
    // Loaded only now: who locks nothing does without it.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return koffi.load(null).func('int flock(int fd, int operation)');
  } catch (error) {
    throw new BenchError('LOCK_UNSUPPORTED', {
      what: `This system has no file locks that end with their process: ${(error as Error).message}`,
      next: 'use Linux or macOS, and install with optional dependencies (`npm ci`)',
      cause: error,
    });
  }
}
