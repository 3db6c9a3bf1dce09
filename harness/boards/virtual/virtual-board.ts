import type { AccessPoint } from './chip/access-point.ts';
import { Chip } from './chip/chip.ts';
import { FlashChip } from './chip/flash-chip.ts';
import { ResetCircuit } from '../parts/reset-circuit.ts';
import type { ControlLines } from '../parts/reset-circuit.ts';
import { openPtyDoor } from '../parts/doors/pty-door.ts';
import { openRfc2217Door } from '../parts/doors/rfc2217-door.ts';
import { openTcpDoor } from '../parts/doors/tcp-door.ts';
import type { Fault } from '../parts/fault.ts';
import { FaultInjector } from './fault-injector.ts';
import { lockFlash } from './flash-lock.ts';
import { Resources } from '../parts/resources.ts';

/**
 * An emulated ESP32 development board, and three doors to its one UART:
 *
 *     RFC 2217 ──DTR, RTS──▶ reset circuit ──EN, IO0──▶ ┌ chip ──────────────────────────────┐
 *        └────────┐                                     │ ROM → bootloader → program         │
 *     raw TCP ────┼────────────── UART0 ──────────────▶ │  └ loader                          │
 *     PTY ────────┘                                     └─ flash chip ◀──▶ file ─────────────┘
 */
export interface VirtualBoardOptions {
  /** Holds the flash chip's contents; created, erased, when it doesn't exist. */
  readonly flashFile: string;
  /** Where the doors listen. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: the system picks one. */
  readonly rfc2217Port?: number;
  /** Default 0: the system picks one. */
  readonly tcpPort?: number;
  /** Whether to offer a pseudo-terminal, too. Default false. */
  readonly pty?: boolean;
  /** The board's own address, which its program sends from; in 127.0.0.0/8. Default 127.0.0.1. */
  readonly ip?: string;
  /** Default `24:0a:0a:c4:12:34`. */
  readonly mac?: string;
  /** The Wi-Fi around it; absent: a network that takes every station. */
  readonly accessPoint?: AccessPoint | undefined;
  /**
   * Whether the loader's frames, too, take the time that they take on a wire: 1 MiB in 91 s at 115200 Bd, without erasing.
   * Default false: as fast as the link. What the chip prints is always paced.
   */
  readonly paceLoader?: boolean;
  /** Where its program notes when this host held it up, a `BoardStall` a line; absent: nowhere. */
  readonly stallsFile?: string | undefined;
  /** Faults that are there from the first moment on. */
  readonly faults?: readonly Fault[];
}

/** Where tools find the board. */
export interface VirtualBoardUrls {
  /** `rfc2217://127.0.0.1:4000`: data, baud rate and control lines. */
  readonly rfc2217: string;
  /** `socket://127.0.0.1:4001`: data alone. */
  readonly socket: string;
  /** `/dev/pts/7`: data alone; present when asked for. */
  readonly pty?: string;
}

export interface VirtualBoard extends AsyncDisposable {
  /** A pseudo-terminal gets another path when the board is plugged in again. */
  readonly urls: VirtualBoardUrls;
  /**
   * Makes something go wrong. Resolves when it has.
   *
   * @throws UsageError `WRONG_FAULT` when there is no such fault; BenchError `FAULT_WITHOUT_VICTIM` when nothing is there that
   * it could hit.
   */
  inject(fault: Fault): Promise<void>;
}

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_IP = '127.0.0.1';
export const DEFAULT_MAC = '24:0a:0a:c4:12:34';

/**
 * Powers a board: it boots what its flash holds. Disposing of it ends its program and closes its doors.
 *
 * @throws BenchError `FLASH_IN_USE` when another board has the file; UsageError `FLASH_FILE` when it is no flash
 * chip's; UsageError `PORT_IN_USE` or `ADDRESS` when a door can't be opened; BenchError `PTY` when the system has no
 * pseudo-terminal to give.
 */
export async function startVirtualBoard(options: VirtualBoardOptions): Promise<VirtualBoard> {
  const resources = new Resources();
  try {
    return await powerBoard(options, resources);
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

async function powerBoard(options: VirtualBoardOptions, resources: Resources): Promise<VirtualBoard> {
  const { flashFile, host = DEFAULT_HOST, ip = DEFAULT_IP, mac = DEFAULT_MAC, accessPoint } = options;
  resources.use(lockFlash(flashFile));
  const flash = resources.use(FlashChip.open(flashFile));
  const chip = resources.use(
    new Chip({
      flash,
      ip,
      mac,
      accessPoint,
      paceLoader: options.paceLoader ?? false,
      stallsFile: options.stallsFile,
    }),
  );
  const { uart } = chip;

  const circuit = new ResetCircuit();
  const setLines = (change: Partial<ControlLines>): void => {
    const action = circuit.set(change);
    if (action === 'hold') chip.hold();
    else if (action !== undefined) chip.start(action);
  };
  const rfc2217 = resources.use(
    await openRfc2217Door({
      uart,
      host,
      port: options.rfc2217Port ?? 0,
      lines: () => circuit.lines,
      setLines,
    }),
  );
  const tcp = resources.use(await openTcpDoor(uart, host, options.tcpPort ?? 0));
  const pty = options.pty === true ? resources.use(openPtyDoor(uart)) : undefined;
  const injector = new FaultInjector(chip, pty === undefined ? [rfc2217, tcp] : [rfc2217, tcp, pty]);
  for (const fault of options.faults ?? []) await injector.inject(fault);
  chip.start('run');

  return {
    get urls() {
      return {
        rfc2217: `rfc2217://${host}:${rfc2217.port}`,
        socket: `socket://${host}:${tcp.port}`,
        ...(pty !== undefined && { pty: pty.path }),
      };
    },
    inject: (fault) => injector.inject(fault),
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}
