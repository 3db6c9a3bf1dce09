import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';
import { BenchError } from '../../../errors.ts';

/**
 * The master side of a pseudo-terminal, by the C library's functions: Node.js has none of its own.
 * All of the foreign function interface is in this file.
 */
export interface PseudoTerminal extends Disposable {
  /** What a client opens: `/dev/pts/7`. */
  readonly path: string;
  /** Whether a client has it open at the moment. */
  hasClient(): boolean;
  /** A new file descriptor of the master side, owned by the caller. */
  duplicate(): number;
}

/**
 * Opens a pseudo-terminal in raw mode: bytes pass as they are, nothing is echoed.
 *
 * @throws BenchError `PTY`
 */
export function openPseudoTerminal(): PseudoTerminal {
  const c = loadFunctions();
  const check = (result: number, call: string): number => {
    if (result < 0) throw unavailable(`${call} failed (errno ${c.errno()})`);
    return result;
  };
  const master = check(c.posixOpenpt(constants.O_RDWR | constants.O_NOCTTY), 'posix_openpt');
  let open = true;
  const terminal: PseudoTerminal = {
    path: '',
    hasClient: () => open && !hasHungUp(c, master),
    duplicate: () => check(c.dup(master), 'dup'),
    [Symbol.dispose]() {
      if (open) c.close(master);
      open = false;
    },
  };
  try {
    check(c.grantpt(master), 'grantpt');
    check(c.unlockpt(master), 'unlockpt');
    const path = c.ptsname(master);
    if (path === null) throw unavailable(`ptsname failed (errno ${c.errno()})`);
    const slave = check(c.open(path, constants.O_RDWR | constants.O_NOCTTY), `open ${path}`);
    const mode = Buffer.alloc(TERMIOS_ROOM);
    check(c.tcgetattr(slave, mode), 'tcgetattr');
    c.cfmakeraw(mode);
    check(c.tcsetattr(slave, TCSANOW, mode), 'tcsetattr');
    // Opened and closed once: from now on the master side hangs up whenever no client is there.
    c.close(slave);
    return { ...terminal, path };
  } catch (error) {
    terminal[Symbol.dispose]();
    throw error;
  }
}

/** `struct termios` has 60 bytes on Linux and 72 on macOS; the C library alone looks inside. */
const TERMIOS_ROOM = 256;
const TCSANOW = 0;
const POLLHUP = 0x10;

interface CFunctions {
  errno(): number;
  posixOpenpt(flags: number): number;
  grantpt(fd: number): number;
  unlockpt(fd: number): number;
  ptsname(fd: number): string | null;
  open(path: string, flags: number): number;
  close(fd: number): number;
  dup(fd: number): number;
  tcgetattr(fd: number, termios: Buffer): number;
  tcsetattr(fd: number, actions: number, termios: Buffer): number;
  cfmakeraw(termios: Buffer): void;
  poll(pollfds: Buffer, count: number, timeoutMs: number): number;
}

function loadFunctions(): CFunctions {
  try {
    // Loading it costs time: only who asks for a PTY pays.
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi;
    const library = koffi.load(null);
    return {
      errno: () => koffi.errno(),
      posixOpenpt: library.func('int posix_openpt(int flags)'),
      grantpt: library.func('int grantpt(int fd)'),
      unlockpt: library.func('int unlockpt(int fd)'),
      ptsname: library.func('const char *ptsname(int fd)'),
      open: library.func('int open(const char *path, int flags)'),
      close: library.func('int close(int fd)'),
      dup: library.func('int dup(int fd)'),
      tcgetattr: library.func('int tcgetattr(int fd, void *termios)'),
      tcsetattr: library.func('int tcsetattr(int fd, int actions, void *termios)'),
      cfmakeraw: library.func('void cfmakeraw(void *termios)'),
      poll: library.func('int poll(void *pollfds, unsigned long count, int timeoutMs)'),
    };
  } catch (error) {
    throw unavailable((error as Error).message, error);
  }
}

/** `struct pollfd`: descriptor (int), events (short), what came (short). */
function hasHungUp(c: CFunctions, fd: number): boolean {
  const pollfd = Buffer.alloc(8);
  pollfd.writeInt32LE(fd, 0);
  c.poll(pollfd, 1, 0);
  return (pollfd.readInt16LE(6) & POLLHUP) !== 0;
}

function unavailable(why: string, cause?: unknown): BenchError {
  return new BenchError('PTY', {
    what: `This system gives no pseudo-terminal: ${why}`,
    next: 'Use the RFC 2217 or TCP door instead.',
    cause,
  });
}
