/**
 * What owns the console's port: reads it, stamps, writes the record, then tells.
 *
 * ```
 * port ──▶ stamp ──▶ serial.log (bytes) ──▶ LineReader ──▶ serial.jsonl ──▶ listener
 * ```
 *
 * Runs apart from the main thread (serial-thread.ts, serial-process.ts), and knows nothing of either.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { BenchError, describeError, type PortableError } from '../errors.ts';
import { watchLoop } from '../process/loop-health.ts';
import type { ThreadFunctions } from '../process/thread-calls.ts';
import type { BenchHealth, SerialLine } from '../record/events.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { BoardPort } from './board-port.ts';
import { LineReader } from './line-reader.ts';
import { openPort } from './open-port.ts';
import { resetIntoApp } from './reset-sequences.ts';

export interface SerialServiceData {
  readonly path: string;
  readonly baudRate: number;
  /** Gets every byte as it came. Appended to. */
  readonly rawFile: string;
  /** Gets lines and health, one JSON object a line. Appended to. */
  readonly eventsFile: string;
  /** How long EN is held low by a reset. */
  readonly resetHoldMs: number;
}

/** What the service may be asked for. */
export interface SerialFunctions extends ThreadFunctions {
  open(): Promise<void>;
  resetBoard(): Promise<HostNs>;
  write(text: string): Promise<void>;
}

/** What the service tells. */
export interface SerialListener {
  /** Lines of one chunk, in order; they are in the record already. */
  lines(lines: readonly SerialLine[]): void;
  health(health: BenchHealth): void;
  /** Nothing will follow: the port is gone, or the record can't be written. Told once. */
  lost(error: PortableError): void;
}

const healthPeriodMs = 1000;

export function createSerialService(
  data: SerialServiceData,
  listener: () => SerialListener,
): SerialFunctions {
  const closing = new AbortController();
  let session: Session | undefined;

  return {
    async open() {
      const { path, baudRate } = data;
      const port = await openPort({ path, baudRate, dtr: false, rts: false, signal: closing.signal });
      session = new Session(port, data, listener());
    },
    async resetBoard() {
      return opened(session).resetBoard();
    },
    async write(text) {
      return opened(session).write(text);
    },
    async close() {
      closing.abort();
      await session?.close();
    },
  };
}

function opened(session: Session | undefined): Session {
  if (session === undefined) throw new Error('The serial port was not opened yet');
  return session;
}

/** One open port and the files of its record. */
class Session {
  readonly #port: BoardPort;
  readonly #listener: SerialListener;
  readonly #resetHoldMs: number;
  readonly #rawFile: number;
  readonly #eventsFile: number;
  readonly #reader = new LineReader((line) => this.#keep(line));
  readonly #loop = watchLoop('serial');
  readonly #healthTimer: NodeJS.Timeout;
  #lines: SerialLine[] = [];
  #hasEnded = false;

  constructor(
    port: BoardPort,
    { rawFile, eventsFile, resetHoldMs }: SerialServiceData,
    listener: SerialListener,
  ) {
    this.#port = port;
    this.#listener = listener;
    this.#resetHoldMs = resetHoldMs;
    this.#rawFile = openSync(rawFile, 'a');
    this.#eventsFile = openSync(eventsFile, 'a');
    port.on('data', (chunk: Buffer) => {
      this.#arrived(chunk, hostNow());
    });
    port.lost.addEventListener('abort', () => {
      this.#reader.cut(hostNow());
      this.#pass();
      this.#lose(port.lost.reason as BenchError);
    });
    this.#healthTimer = setInterval(() => this.#tellHealth(), healthPeriodMs);
  }

  async resetBoard(): Promise<HostNs> {
    this.#port.lost.throwIfAborted();
    // What the board had begun to say when it was reset is no beginning of its first line.
    return resetIntoApp(this.#port, { holdMs: this.#resetHoldMs, signal: this.#port.lost }, () =>
      this.#reader.cut(hostNow()),
    );
  }

  async write(text: string): Promise<void> {
    this.#port.lost.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.#port.write(text, 'utf8', (error) => {
        if (!error) resolve();
        else reject(this.#port.lost.aborted ? (this.#port.lost.reason as BenchError) : error);
      });
    });
  }

  async close(): Promise<void> {
    await this.#port[Symbol.asyncDispose]();
    if (this.#hasEnded) return;
    this.#reader.cut(hostNow());
    this.#pass();
    this.#tellHealth();
    this.#end();
  }

  #arrived(chunk: Buffer, hostNs: HostNs): void {
    if (this.#hasEnded) return;
    this.#record(this.#rawFile, chunk);
    this.#reader.push(chunk, hostNs);
  }

  /** The lines of a chunk are passed on together, when the chunk is done. */
  #keep(line: SerialLine): void {
    if (this.#lines.push(line) === 1) queueMicrotask(() => this.#pass());
  }

  #pass(): void {
    const lines = this.#lines;
    if (lines.length === 0 || this.#hasEnded) return;
    this.#lines = [];
    this.#record(this.#eventsFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    this.#listener.lines(lines);
  }

  #tellHealth(): void {
    const health = this.#loop.look();
    this.#record(this.#eventsFile, `${JSON.stringify(health)}\n`);
    this.#listener.health(health);
  }

  #record(file: number, bytes: Buffer | string): void {
    if (this.#hasEnded) return;
    try {
      writeFully(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    } catch (error) {
      this.#lose(
        new BenchError('RECORD_FAILED', {
          what: `The console's record can't be written: ${(error as Error).message}`,
          next: 'make room on the disk',
          cause: error,
        }),
      );
    }
  }

  #lose(error: BenchError): void {
    if (this.#hasEnded) return;
    this.#end();
    this.#listener.lost(describeError(error));
  }

  #end(): void {
    this.#hasEnded = true;
    clearInterval(this.#healthTimer);
    this.#loop[Symbol.dispose]();
    closeSync(this.#rawFile);
    closeSync(this.#eventsFile);
  }
}

function writeFully(file: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
}
