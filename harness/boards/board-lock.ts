import { lookup } from 'node:dns/promises';
import { statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../errors.ts';
import { findHolder, readHolder, tryOwn, type LockHolder, type OwnerLock } from '../process/owner-lock.ts';
import { parsePortAddress } from '../serial/port-address.ts';

/**
 * One owner per board on this host, from the first stage of a run to its end: between flashing and listening, too, where the port
 * itself is nobody's for a moment.
 *
 * @param folder of the locks; default: where every program of this host looks.
 * @throws BenchError `BOARD_IN_USE` with its owner; `LOCK_FAILED` when no lock can be made.
 */
export async function lockBoard(
  port: string,
  purpose: Pick<LockHolder, 'why' | 'run'>,
  folder = lockFolder(),
): Promise<OwnerLock> {
  const file = await lockFileOf(port, folder);
  let lock: OwnerLock | undefined;
  try {
    lock = tryOwn(file, purpose);
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw new BenchError('LOCK_FAILED', {
      what: `The board's lock can't be made: ${(error as Error).message}`,
      where: file,
      next: 'make its folder writable for all users, or name another by HIL_LOCK_DIR: the same one for all',
      cause: error,
    });
  }
  if (lock === undefined) throw inUse(port, readHolder(file));
  return lock;
}

/** Who owns the board on a port at the moment; undefined when nobody does. */
export async function findBoardOwner(port: string, folder = lockFolder()): Promise<LockHolder | undefined> {
  return findHolder(await lockFileOf(port, folder));
}

/** An owner for people: `process 4711 on bench-1 (npm run hil, run 2026…) since 10:15:00`. */
export function describeOwner({ pid, host, since, why, run }: LockHolder): string {
  return `process ${pid} on ${host} (${why}${run === undefined ? '' : `, run ${run}`}) since ${since}`;
}

/**
 * Where all users of this host may make files: /run/lock where it is open to all, else /tmp. The same for everybody, so
 * neither TMPDIR nor what this user happens to be allowed has a say.
 */
function lockFolder(): string {
  const named = process.env['HIL_LOCK_DIR'];
  if (named !== undefined && named !== '') return named;
  const mode = statSync('/run/lock', { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o007) === 0o007 ? '/run/lock' : '/tmp';
}

/** A board has one lock, whichever of its names was used: links are followed, and a host's names are looked up. */
async function lockFileOf(port: string, folder: string): Promise<string> {
  const address = parsePortAddress(port);
  const key =
    address.kind === 'device'
      ? await realpath(address.path).catch(() => address.path)
      : // A server serves a port once, in whatever way.
        `${await lookup(address.host, 4).then(
          (found) => found.address,
          () => address.host.toLowerCase(),
        )}-${address.port}`;
  return join(folder, `hil-${key.replaceAll(/[^\w.-]+/g, '-').replace(/^-/, '')}.lock`);
}

function inUse(port: string, holder: LockHolder | undefined): BenchError {
  return new BenchError('BOARD_IN_USE', {
    what:
      holder === undefined
        ? 'Another run has the board'
        : `Another run has the board: ${describeOwner(holder)}`,
    where: port,
    next: 'wait until it ends, or choose another board',
  });
}
