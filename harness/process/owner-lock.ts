import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { tryFlock, waitForFlock } from './flock.ts';

/** Who owns something, as it stands in its lock file. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Wall time, ISO 8601. */
  readonly since: string;
  /** What for: `npm run hil`. */
  readonly why: string;
  /** Id of the run; absent when it is none. */
  readonly run?: string;
}

/** An ownership. Disposing of it, or the end of the process in any way, gives it up. */
export interface OwnerLock extends Disposable {
  readonly file: string;
}

/** Everybody may own a board, so everybody may write down that they do. */
const fileMode = 0o666;

/**
 * One owner among all processes: the kernel's lock on a file, which also says who the owner is. A file that a killed owner has
 * left behind is nobody's, and is taken over; there is nothing to clean up.
 *
 * @returns the lock; undefined when somebody has it: {@link readHolder} tells who.
 * @throws a file system's error when the file can't be made or opened; BenchError `LOCK_UNSUPPORTED`.
 */
export function tryOwn(file: string, purpose: Pick<LockHolder, 'why' | 'run'>): OwnerLock | undefined {
  for (;;) {
    const fd = open(file);
    try {
      if (!tryFlock(fd)) {
        closeSync(fd);
        return undefined;
      }
      if (isStillThere(file, fd)) {
        writeHolder(fd, purpose);
        return hold(file, fd);
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    // Its last owner has removed it between our opening and our locking: what we hold is nobody's name any more.
    closeSync(fd);
  }
}

/**
 * The same, but waits until it is to be had: for what takes turns, such as builds in one folder.
 *
 * @throws as {@link tryOwn}; the signal's reason when it aborts. The wait itself then ends with the owner that it was for.
 */
export async function waitToOwn(
  file: string,
  purpose: Pick<LockHolder, 'why' | 'run'>,
  signal?: AbortSignal,
): Promise<OwnerLock> {
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryOwn(file, purpose);
    if (lock !== undefined) return lock;
    const fd = open(file);
    // Given back at once: by then its owner has removed the file, or is gone, and everybody may try.
    const handedOn = waitForFlock(fd).finally(() => closeSync(fd));
    await Promise.race([handedOn, ...(signal ? [rejection(signal)] : [])]);
  }
}

async function rejection(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}

/** What the owner has written down; undefined when there is none, or it is just about to. */
export function readHolder(file: string): LockHolder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockHolder;
  } catch {
    return undefined;
  }
}

/**
 * Who owns it at the moment, for people: undefined when nobody does, even if a killed owner's file is still there. Takes no lock:
 * a look must not keep anybody out.
 */
export function findHolder(file: string): LockHolder | undefined {
  const holder = readHolder(file);
  if (holder === undefined || (holder.host === hostname() && !isAlive(holder.pid))) return undefined;
  return holder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function open(file: string): number {
  for (;;) {
    try {
      // Not created by the way: in a folder like /tmp the kernel refuses that for another user's file, and only that.
      return openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    try {
      const fd = openSync(
        file,
        constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        fileMode,
      );
      // Whatever the umask says.
      fchmodSync(fd, fileMode);
      return fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function isStillThere(file: string, fd: number): boolean {
  const named = statSync(file, { throwIfNoEntry: false });
  const held = fstatSync(fd);
  return named?.ino === held.ino && named.dev === held.dev;
}

function writeHolder(fd: number, { why, run }: Pick<LockHolder, 'why' | 'run'>): void {
  const holder: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    why,
    ...(run !== undefined && { run }),
  };
  ftruncateSync(fd);
  writeSync(fd, `${JSON.stringify(holder)}\n`, 0);
}

function hold(file: string, fd: number): OwnerLock {
  let held = true;
  return {
    file,
    [Symbol.dispose]() {
      if (!held) return;
      held = false;
      try {
        unlinkSync(file);
      } catch {
        // Another user's, in a folder where only its owner may remove it: it stays, and says nothing any more.
        ftruncateSync(fd);
      }
      closeSync(fd);
    },
  };
}
