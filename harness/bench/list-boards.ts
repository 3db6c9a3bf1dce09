import { access, constants } from 'node:fs/promises';
import { hostname } from 'node:os';
import { findBoardOwner } from '../boards/board-lock.ts';
import type { BoardBook, BoardEntry } from '../boards/board-entry.ts';
import { findEntry, isPresent } from '../boards/find-board.ts';
import type { LockHolder } from '../process/owner-lock.ts';
import { listPorts, type ListedPort } from '../serial/list-ports.ts';
import { findPortHolders, type PortHolder } from '../serial/port-holders.ts';

/** What is plugged into this host, and whose it is. The shape of `npm run hil -- --list --json`. */
export interface BoardList {
  readonly schema: 1;
  readonly host: string;
  /** The bench file. */
  readonly file: string;
  /** Those that look like ESP32 boards first. */
  readonly ports: readonly PortState[];
  /** As the bench file has them. */
  readonly boards: readonly BoardState[];
}

export interface PortState extends ListedPort {
  /** Name in the bench file; absent when it has none. */
  readonly board?: string;
  /** Whether this user may open it. */
  readonly permitted: boolean;
  /** The run that has the board; absent when none has. */
  readonly owner?: LockHolder;
  /** Programs that have the port open, as far as this user may see them. */
  readonly openBy: readonly PortHolder[];
}

export interface BoardState extends BoardEntry {
  /** `remote`: behind a URL or in a labgrid, which nobody asks before a run needs it; `virtual`: one that a run starts. */
  readonly state: 'present' | 'absent' | 'remote' | 'virtual';
  readonly owner?: LockHolder;
}

/** Looks at every port and every board of the bench file; opens none of them. */
export async function listBoards(
  book: BoardBook,
  find: () => Promise<readonly ListedPort[]> = listPorts,
): Promise<BoardList> {
  const ports = await find();
  return {
    schema: 1,
    host: hostname(),
    file: book.file,
    ports: await Promise.all(ports.map(async (port) => inspect(port, book))),
    boards: await Promise.all(book.boards.map(async (entry) => locate(entry, ports))),
  };
}

async function inspect(port: ListedPort, book: BoardBook): Promise<PortState> {
  const board = findEntry(port, book)?.name;
  const owner = await findBoardOwner(port.path);
  return {
    ...port,
    ...(board !== undefined && { board }),
    permitted: await access(port.path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
    ...(owner && { owner }),
    openBy: await findPortHolders(port.path),
  };
}

async function locate(entry: BoardEntry, ports: readonly ListedPort[]): Promise<BoardState> {
  const present = isPresent(entry, ports);
  if (present !== undefined) return { ...entry, state: present ? 'present' : 'absent' };
  if (entry.labgrid !== undefined) return { ...entry, state: 'remote' };
  if (entry.port === undefined) return { ...entry, state: 'virtual' };
  const owner = await findBoardOwner(entry.port);
  return { ...entry, state: 'remote', ...(owner && { owner }) };
}
