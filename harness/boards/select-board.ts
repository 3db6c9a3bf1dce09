import { BenchError } from '../errors.ts';
import type { FlasherChoice } from '../flash/flasher-choice.ts';
import type { Tier } from '../record/tier.ts';
import { listPorts } from '../serial/list-ports.ts';
import { AbsentBoard } from './absent-board.ts';
import type { BoardBook } from './board-entry.ts';
import type { Board } from './board.ts';
import { EmulatorBoard } from './emulator-board.ts';
import { entryNamed, findBoard } from './find-board.ts';
import type { FirmwareWish } from './firmware-wish.ts';
import { acquirePlace } from './labgrid/acquire-place.ts';
import { LinuxBoard } from './linux-board.ts';
import { SerialBoard } from './serial-board.ts';
import { VirtualBoardProcess } from './virtual-board-process.ts';

export interface BoardWish extends FirmwareWish {
  /** Absent: the harness chooses. */
  readonly tier?: Tier;
  /** Serial path or URL. */
  readonly port?: string;
  /** Name of a board in the bench file. */
  readonly boardName?: string;
  /** The bench file. */
  readonly book: BoardBook;
  readonly flasher: FlasherChoice;
  /** What the firmware is to do: a server must be reached, too. */
  readonly role: 'client' | 'server';
  /** Chip that is built for; absent: what the tier is used to. */
  readonly target?: string;
  /** Where the firmware is to send to. */
  readonly serverHost: string;
  readonly serverPort: number;
  /** Root of the repository. */
  readonly root: string;
  /** Ends the wait for a board that must be acquired. */
  readonly signal?: AbortSignal;
  /** Told of what went wrong, and changes nothing of a verdict. */
  readonly onTrouble: (text: string) => void;
}

export interface Selection {
  readonly board: Board;
  /** Why this one, for the first line of a run. */
  readonly why: string;
}

/**
 * The board that a run uses: what was asked for; otherwise the one on the port, or a virtual one. A virtual one never stands in for
 * a real board that was asked for and can't be found: the run then is inconclusive, and says why.
 *
 * @throws UsageError `BOARD_UNKNOWN` when the bench file doesn't name the board asked for.
 */
export async function selectBoard(wish: BoardWish): Promise<Selection> {
  const { port, boardName } = wish;
  const isReal = port !== undefined || boardName !== undefined;
  switch (wish.tier ?? (isReal ? 'board' : 'virtual')) {
    case 'virtual':
      return await selectVirtualBoard(wish);
    case 'linux':
      return { board: new LinuxBoard(wish), why: 'as asked by --board' };
    case 'emulator':
      return { board: new EmulatorBoard(wish), why: 'as asked by --board' };
    case 'board':
      return await selectRealBoard(wish);
  }
}

async function selectVirtualBoard(wish: BoardWish): Promise<Selection> {
  const { boardName, book } = wish;
  if (boardName === undefined) return { board: new VirtualBoardProcess(wish), why: whyVirtual(wish) };
  const { port, labgrid } = entryNamed(boardName, book);
  const why = `${boardName} in ${book.file}`;
  if (labgrid === undefined) {
    return { board: new VirtualBoardProcess({ ...wish, ...(port !== undefined && { port }) }), why };
  }
  try {
    const place = await acquirePlace(labgrid, wish);
    return { board: new VirtualBoardProcess({ ...wish, ...place }), why: `${why}, ${place.why}` };
  } catch (error) {
    return { board: new AbsentBoard(boardName, error as Error, 'virtual'), why };
  }
}

async function selectRealBoard(wish: BoardWish): Promise<Selection> {
  const { port, boardName, book } = wish;
  try {
    const found = findBoard({ port, name: boardName }, book, await listPorts());
    const { entry, why } = found;
    if (entry?.labgrid === undefined) return { board: new SerialBoard({ ...wish, found }), why };
    const place = await acquirePlace(entry.labgrid, wish);
    return {
      board: new SerialBoard({ ...wish, found: { ...found, port: place.port }, release: place.release }),
      why: `${why}, ${place.why}`,
    };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return { board: new AbsentBoard(boardName ?? 'board', error), why: 'as asked by --board' };
  }
}

function whyVirtual({ tier, port }: BoardWish): string {
  if (port !== undefined) return `already running at ${port}`;
  return tier === 'virtual' ? 'as asked by --board' : 'no --port was given';
}
