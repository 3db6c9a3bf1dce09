import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, HilError, UsageError } from '../../errors.ts';
import { readHolder, tryOwn, type OwnerLock } from '../../process/owner-lock.ts';

/**
 * One board for each flash file: the lock is `<file>.lock`. The flash file's folder is made when its parent is there.
 *
 * @throws BenchError `FLASH_IN_USE` with the holder's process id; UsageError `FLASH_FILE` when the folder can't be written.
 */
export function lockFlash(flashFile: string): OwnerLock {
  const file = `${flashFile}.lock`;
  makeFolder(flashFile);
  let lock: OwnerLock | undefined;
  try {
    lock = tryOwn(file, { why: 'a virtual board' });
  } catch (error) {
    throw error instanceof HilError ? error : unusable(file, error);
  }
  if (lock === undefined) throw busy(flashFile, readHolder(file)?.pid);
  return lock;
}

function makeFolder(flashFile: string): void {
  try {
    mkdirSync(dirname(flashFile));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(flashFile, error);
  }
}

function busy(flashFile: string, holder: number | undefined): BenchError {
  const isOurs = holder === process.pid;
  const who = holder === undefined ? '' : `: process ${holder}`;
  return new BenchError('FLASH_IN_USE', {
    what: isOurs
      ? 'Another virtual board of this process has this flash file'
      : `Another virtual board has this flash file${who}`,
    where: flashFile,
    next: `end it${holder === undefined || isOurs ? '' : ` (kill ${holder})`}, or give this board a file of its own`,
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
