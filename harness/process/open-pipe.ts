import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/** Both ends of a pipe, to be closed by whoever has them. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/** Linux's, on all architectures that koffi has binaries for. */
const O_CLOEXEC = 0o2000000;

let pipe2: ((ends: Int32Array, flags: number) => number) | undefined;

/**
 * A pipe of the system, for the output of a child process. What Node.js calls a pipe is a pair of sockets: its room counts what
 * the kernel needs for each write, so that 278 writes of one byte fill it, where a pipe takes 65,536. It is not handed on to other
 * children.
 *
 * @returns undefined where it is not to be had: on other systems than Linux, or installed without optional dependencies.
 * @see pipe2(2), socket(7) SO_SNDBUF
 */
export function openPipe(): Pipe | undefined {
  pipe2 ??= loadPipe2();
  const ends = new Int32Array(2);
  if (pipe2?.(ends, O_CLOEXEC) !== 0) return undefined;
  const [readFd = -1, writeFd = -1] = ends;
  return { readFd, writeFd };
}

function loadPipe2(): typeof pipe2 {
  if (process.platform !== 'linux') return undefined;
  try {
    // Loaded only now: it takes time, and most processes open none.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    return koffi.load(null).func('int pipe2(_Out_ int *ends, int flags)');
  } catch {
    return undefined;
  }
}
