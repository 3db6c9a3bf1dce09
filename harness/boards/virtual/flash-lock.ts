import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, UsageError } from '../../errors.ts';

/** One board per flash file: `<file>.lock` holds the process id of the board that has it. */
export interface FlashLock extends Disposable {
  readonly file: string;
}

/**
 * Takes the lock. One whose holder is gone is taken over. The flash file's folder is made when its parent is there.
 *
 * @throws BenchError `FLASH_IN_USE` with the holder's process id; UsageError `FLASH_FILE` when the folder can't be written.
 */
export function lockFlash(flashFile: string): FlashLock {
  const file = `${flashFile}.lock`;
  makeFolder(flashFile);
  for (;;) {
    if (tryCreate(file)) break;
    const holder = readHolder(file);
    if (holder !== undefined && isAlive(holder)) throw busy(flashFile, file, holder);
    removeStale(file, holder);
  }
  let held = true;
  return {
    file,
    [Symbol.dispose]() {
      if (held) rmSync(file, { force: true });
      held = false;
    },
  };
}

function makeFolder(flashFile: string): void {
  try {
    mkdirSync(dirname(flashFile));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(flashFile, error);
  }
}

/** Creates the file with its contents in one step, so that nobody ever reads an empty one. */
function tryCreate(file: string): boolean {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid}\n`);
  } catch (error) {
    throw unusable(file, error);
  }
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** `undefined`: it was removed in the meantime, or holds no process id. */
function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the lock of a process that is gone. Two boards may try at once: a rename succeeds for one of them only. */
function removeStale(file: string, holder: number | undefined): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    // Between our look and the rename another board may have taken the lock over: give it back.
    if (readHolder(aside) !== holder) linkSync(aside, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function busy(flashFile: string, lockFile: string, holder: number): BenchError {
  return new BenchError('FLASH_IN_USE', {
    what:
      holder === process.pid
        ? 'Another virtual board of this process has this flash file'
        : `Another virtual board has this flash file: process ${holder}`,
    where: flashFile,
    next: `End it (kill ${holder}) or give this board a file of its own. If ${holder} is no virtual board, delete ${lockFile}.`,
  });
}

function unusable(file: string, cause: unknown): UsageError {
  return new UsageError('FLASH_FILE', {
    what: `The flash file's folder can't be used: ${(cause as Error).message}`,
    where: file,
    next: 'name another file',
    cause,
  });
}
