import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

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
  readonly onOutput: (bytes: Buffer) => void;
  readonly onEnd: (end: ProgramEnd) => void;
}

/** `failed`: the host would not run it. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'failed'; readonly error: Error };

/** Bytes that wait for a program which doesn't read its console; more are lost, as in a UART's full FIFO. */
const MAX_INPUT_BYTES = 4096;

/**
 * The firmware, built for this host, while it runs: the virtual chip's CPU. Its standard input and output are the UART.
 * What it writes to standard error, it says on the UART, too: a chip has no other place to complain.
 */
export class HostProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  #onOutput: ((bytes: Buffer) => void) | undefined;

  /** Starts it. Nothing is left in the file system, even if this process is killed right after. */
  constructor(start: ProgramStart) {
    this.#onOutput = start.onOutput;
    const folder = mkdtempSync(join(tmpdir(), 'virtual-board-program-'));
    try {
      const file = join(folder, 'firmware');
      writeFileSync(file, start.program, { mode: 0o700 });
      this.#child = spawn(file, [], {
        cwd: '/',
        // A process group of its own: it ends with all its children, and Ctrl-C on the terminal is ours alone.
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: environmentOf(start),
      });
    } finally {
      // The system keeps the contents for as long as the program runs.
      rmSync(folder, { recursive: true, force: true });
    }
    const { stdin, stdout, stderr } = this.#child;
    // It may end while we write: its end is what we look at, not the broken pipe.
    stdin.on('error', () => undefined);
    for (const stream of [stdout, stderr]) stream.on('data', (bytes: Buffer) => this.#onOutput?.(bytes));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        start.onEnd({ kind: 'failed', error });
        resolve();
      });
      // `close` comes after the last of its output.
      this.#child.once('close', (code, signal) => {
        if (signal !== null) start.onEnd({ kind: 'killed', signal });
        else if (code !== null && this.#child.pid !== undefined) start.onEnd({ kind: 'exited', code });
        resolve();
      });
    });
  }

  /** Bytes for its UART. */
  write(bytes: Uint8Array): void {
    const { stdin } = this.#child;
    const room = MAX_INPUT_BYTES - stdin.writableLength;
    if (stdin.writable && room > 0) stdin.write(bytes.subarray(0, room));
  }

  /** Ends it at once, as a reset does. Not another byte comes out. */
  async kill(): Promise<void> {
    this.#onOutput = undefined;
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      killGroup(pid);
    }
    await this.#ended;
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
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
