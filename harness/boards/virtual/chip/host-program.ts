import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsoleProgram, SIDE_INPUT_FD, type ProgramEnd } from '../../parts/console-program.ts';

import { describeAccessPoint, type AccessPoint } from './access-point.ts';

export type { ProgramEnd } from '../../parts/console-program.ts';

/** What the program is told; the names of the environment variables are in `docs/architecture.md`. */
export interface ProgramStart {
  /** An ELF file for this host. */
  readonly program: Uint8Array;
  /** Its console's baud rate; 0: don't pace. */
  readonly uartBaud: number;
  /** Microseconds since the chip's reset. */
  readonly bootUs: number;
  /** `esp_reset_reason_t` */
  readonly resetReason: number;
  readonly ip: string;
  readonly mac: string;
  readonly accessPoint?: AccessPoint | undefined;
  /** So many ppm faster than the host's does its clock run. */
  readonly clockPpm: number;
  /** Where it notes when this host held it up; absent: nowhere. */
  readonly stallsFile?: string | undefined;
  readonly onOutput: (bytes: Buffer) => void;
  readonly onEnd: (end: ProgramEnd) => void;
}

/** Faults that strike while the program runs, at whatever it is doing. */
export type ProgramFault = 'panic' | 'abort' | 'task-watchdog' | 'interrupt-watchdog' | 'hang';

/** The host shim's signals for them (`firmware/host/panic.c`). A program that knows none of this is just killed. */
const faultSignals: Readonly<Record<ProgramFault, NodeJS.Signals>> = {
  panic: 'SIGUSR1',
  abort: 'SIGABRT',
  'task-watchdog': 'SIGALRM',
  'interrupt-watchdog': 'SIGUSR2',
  hang: 'SIGSTOP',
};

/** The firmware, built for this host, while it runs: the virtual chip's CPU. */
export class HostProgram {
  readonly #program: ConsoleProgram;

  /** Starts it. Nothing is left in the file system, even if this process is killed right after. */
  constructor(start: ProgramStart) {
    const folder = mkdtempSync(join(tmpdir(), 'virtual-board-program-'));
    try {
      const command = join(folder, 'firmware');
      writeFileSync(command, start.program, { mode: 0o700 });
      this.#program = new ConsoleProgram({
        ...start,
        command,
        args: [],
        env: environmentOf(start),
        sideInput: true,
      });
    } finally {
      // The system keeps the contents for as long as the program runs.
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Bytes for its UART. */
  write(bytes: Uint8Array): void {
    this.#program.write(bytes);
  }

  /** The access point has gone, or is back. */
  hearAccessPoint(isOn: boolean): void {
    this.#program.tell(isOn ? 'ap back' : 'ap lost');
  }

  /** Hits it with a fault. */
  suffer(fault: ProgramFault): void {
    this.#program.signal(faultSignals[fault]);
  }

  /** Ends it at once, as a reset does. Not another byte comes out. */
  async kill(): Promise<void> {
    await this.#program.kill();
  }
}

function environmentOf(start: ProgramStart): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    VB_UART_BAUD: String(start.uartBaud),
    VB_BOOT_US: String(Math.round(start.bootUs)),
    VB_RESET_REASON: String(start.resetReason),
    VB_IP: start.ip,
    VB_MAC: start.mac,
    VB_RADIO_FD: String(SIDE_INPUT_FD),
    ...describeAccessPoint(start.accessPoint),
    VB_CLOCK_PPM: String(start.clockPpm),
    ...(start.stallsFile !== undefined && { VB_STALLS_FILE: start.stallsFile }),
  };
}
