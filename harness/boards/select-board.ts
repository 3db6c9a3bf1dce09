import { UsageError } from '../errors.ts';
import type { Tier } from '../record/tier.ts';
import type { Board } from './board.ts';
import { EmulatorBoard } from './emulator-board.ts';
import type { FirmwareWish } from './firmware-wish.ts';
import { LinuxBoard } from './linux-board.ts';
import { SerialBoard } from './serial-board.ts';
import { VirtualBoardProcess } from './virtual-board-process.ts';

export interface BoardWish extends FirmwareWish {
  /** Absent: the harness chooses. */
  readonly tier?: Tier;
  /** Serial path or URL. */
  readonly port?: string;
  /** Chip that is built for; absent: what the tier is used to. */
  readonly target?: string;
  /** Where the firmware is to send to. */
  readonly serverHost: string;
  readonly serverPort: number;
  /** Root of the repository. */
  readonly root: string;
}

export interface Selection {
  readonly board: Board;
  /** Why this one, for the first line of a run. */
  readonly why: string;
}

/**
 * The board that a run uses: what was asked for; otherwise the one on the port, or a virtual one.
 *
 * @throws UsageError NO_PORT when a real board is asked for without saying where: a virtual one never stands in for it.
 */
export function selectBoard(wish: BoardWish): Selection {
  const { port, tier = port === undefined ? 'virtual' : 'board' } = wish;
  switch (tier) {
    case 'virtual':
      return { board: new VirtualBoardProcess(wish), why: whyVirtual(wish) };
    case 'linux':
      return { board: new LinuxBoard(wish), why: 'as asked by --board' };
    case 'emulator':
      return { board: new EmulatorBoard(wish), why: 'as asked by --board' };
    case 'board':
      return { board: serialBoard(wish), why: `--port ${port ?? ''}` };
  }
}

function serialBoard({ port, ...wish }: BoardWish): Board {
  if (port !== undefined) return new SerialBoard({ ...wish, port });
  throw new UsageError('NO_PORT', {
    what: 'A real board is on a port, and none was given',
    next: 'add `--port`: a serial path, rfc2217://HOST:PORT or socket://HOST:PORT',
  });
}

function whyVirtual({ tier, port }: BoardWish): string {
  if (port !== undefined) return `already running at ${port}`;
  return tier === 'virtual' ? 'as asked by --board' : 'no --port was given';
}
