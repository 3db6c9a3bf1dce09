import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { openPipe } from '../../process/open-pipe.ts';

export interface ConsoleProgramStart {
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment; absent: ours. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it gets a second input, on file descriptor {@link SIDE_INPUT_FD}: see `tell`. Default false. */
  readonly sideInput?: boolean;
  readonly onOutput: (bytes: Buffer) => void;
  /** Called once, after the last of its output. */
  readonly onEnd: (end: ProgramEnd) => void;
}

type Pipes = readonly [Writable, Readable | null, Readable, Writable?];

/** `failed`: the host would not run it. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'failed'; readonly error: Error };

/** Where a program with a second input reads it. */
export const SIDE_INPUT_FD = 3;

/** When so many bytes wait for a program which doesn't read its console, what else comes is lost, as in a UART's full FIFO. */
const MAX_INPUT_BYTES = 4096;

/**
 * A program in the place of a chip: its standard input and output are the UART. What it writes to standard error, it says
 * on the UART, too: a chip has no other place to complain.
 */
export class ConsoleProgram {
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #sideInput: Writable | undefined;
  readonly #ended: Promise<void>;
  #onOutput: ((bytes: Buffer) => void) | undefined;

  constructor(start: ConsoleProgramStart) {
    this.#onOutput = start.onOutput;
    // An emulator's UART writes byte by byte, and some drop what finds no room: of a boot log that comes at once, a socket takes
    // two lines.
    const pipe = openPipe();
    this.#child = spawn(start.command, start.args, {
      cwd: '/',
      // A process group of its own: it ends with all its children, and Ctrl-C on the terminal is ours alone.
      detached: true,
      stdio: [
        'pipe',
        pipe?.writeFd ?? 'pipe',
        'pipe',
        ...(start.sideInput === true ? (['pipe'] as const) : []),
      ],
      env: start.env ?? process.env,
    });
    // All of them are streams, as asked above, but the one that is a pipe of our own.
    const [stdin, nodesPipe, stderr, sideInput] = this.#child.stdio as unknown as Pipes;
    const stdout = nodesPipe ?? new Socket({ fd: pipe?.readFd, writable: false });
    // Now it is the program's alone, and ends with it.
    if (pipe !== undefined) closeSync(pipe.writeFd);
    this.#stdin = stdin;
    this.#sideInput = sideInput;
    // It may end while we write: its end is what we look at, not the broken pipe.
    for (const input of [stdin, sideInput]) input?.on('error', () => undefined);
    for (const stream of [stdout, stderr]) stream.on('data', (bytes: Buffer) => this.#onOutput?.(bytes));
    const outputEnded = once(stdout, 'close');
    const ended = new Promise<ProgramEnd>((resolve) => {
      this.#child.once('error', (error) => resolve({ kind: 'failed', error }));
      this.#child.once('close', (code, signal) => {
        if (signal !== null) resolve({ kind: 'killed', signal });
        else if (code !== null && this.#child.pid !== undefined) resolve({ kind: 'exited', code });
      });
    });
    this.#ended = Promise.all([ended, outputEnded]).then(([end]) => start.onEnd(end));
  }

  /** Of its process; absent when the host would not run it. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Bytes for its UART. */
  write(bytes: Uint8Array): void {
    // All or nothing of what came at once: esptool's stub is a block of 5.9 kB, which on a wire nobody would cut.
    if (this.#stdin.writable && this.#stdin.writableLength < MAX_INPUT_BYTES) this.#stdin.write(bytes);
  }

  /** A line for its second input. */
  tell(line: string): void {
    if (this.#sideInput?.writable === true) this.#sideInput.write(`${line}\n`);
  }

  /** Sends it a signal, if it still runs. */
  signal(name: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      signalGroup(pid, name);
    }
  }

  /** Ends it at once, as a reset does. Not another byte comes out. */
  async kill(): Promise<void> {
    this.#onOutput = undefined;
    this.signal('SIGKILL');
    await this.#ended;
  }
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
