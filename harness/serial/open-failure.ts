import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { BenchError } from '../errors.ts';
import { findPortHolders, type PortHolder } from './port-holders.ts';

/** How a user becomes one who may open serial ports. */
export const permissionAdvice =
  'run `sudo usermod -aG dialout $USER` and log in again (Arch: group uucp), or add a udev rule (docs/troubleshooting.md)';

/** Turns node-serialport's wording of a failed open into a `BenchError` in plain words. */
export async function explainOpenFailure(path: string, error: Error): Promise<BenchError> {
  const failure = process.platform === 'win32' ? undefined : await findErrno(path);
  if (failure === 'ENOENT' || /no such file|file not found/i.test(error.message)) {
    return new BenchError('PORT_MISSING', {
      what: 'There is no such serial port',
      where: path,
      evidence: [error.message],
      next: 'plug the board in, or choose another port; a charging cable has no data lines',
      cause: error,
    });
  }
  if (failure === 'EACCES' || /permission denied/i.test(error.message)) {
    return new BenchError('PORT_PERMISSION', {
      what: 'This user may not open the serial port',
      where: path,
      evidence: [error.message],
      next: permissionAdvice,
      cause: error,
    });
  }
  // Windows denies access to a port that is open elsewhere.
  if (/lock port|busy|temporarily unavailable|access denied/i.test(error.message)) {
    return portBusy(path, await findPortHolders(path), error);
  }
  return new BenchError('PORT_UNUSABLE', {
    what: 'The serial port could not be opened',
    where: path,
    evidence: [error.message],
    next: 'check that it is a serial port and that its driver works (dmesg)',
    cause: error,
  });
}

export function portBusy(path: string, holders: readonly PortHolder[], cause?: Error): BenchError {
  return new BenchError('PORT_BUSY', {
    what: 'Another program has the serial port open',
    where: path,
    evidence: holders.map(({ pid, command }) => `process ${pid}: ${command}`),
    next:
      holders.length > 0 ? 'end that program' : 'end the program that uses it (idf.py monitor, screen, …)',
    cause,
  });
}

async function findErrno(path: string): Promise<string | undefined> {
  try {
    await stat(path);
    await access(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
