/**
 * What owns the console's port: reads it, stamps, writes the record, then tells.
 *
 * ```
 * port ──▶ stamp ──▶ Redactor ──▶ serial.log (bytes) ──▶ LineReader ──▶ serial.jsonl ──▶ listener
 * ```
 *
 * Runs apart from the main thread (serial-thread.ts, serial-process.ts), and knows nothing of either.
 */
import { describeError, type BenchError, type PortableError } from '../errors.ts';
import { watchLoop } from '../process/loop-health.ts';
import type { PeerFunctions } from '../process/remote-calls.ts';
import type { BenchHealth, SerialLine } from '../record/events.ts';
import { Redactor } from '../secrets/redactor.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { BoardPort } from './board-port.ts';
import { ConsoleRecord, type ConsoleFiles } from './console-record.ts';
import { LineReader } from './line-reader.ts';
import { openPort } from './open-port.ts';
import { resetIntoApp } from './reset-sequences.ts';
import type { ResetStrategy } from './reset-strategy.ts';

export interface SerialServiceData extends ConsoleFiles {
  readonly path: string;
  readonly baudRate: number;
  /** How long EN is held low by a reset. */
  readonly resetHoldMs: number;
  readonly reset: ResetStrategy;
}

/** What the service may be asked for. */
export interface SerialFunctions extends PeerFunctions {
  /** @param secrets what must not get past this service */
  open(secrets: readonly string[]): Promise<void>;
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
  const { path, baudRate } = data;
  const closing = new AbortController();
  let session: Session | undefined;

  const opened = (): Session => {
    if (session === undefined) throw new Error('The serial port was not opened yet');
    return session;
  };
  return {
    async open(secrets) {
      const record = new ConsoleRecord(data);
      try {
        const port = await openPort({ path, baudRate, dtr: false, rts: false, signal: closing.signal });
        session = new Session(port, record, new Redactor(secrets), listener());
      } catch (error) {
        record.close();
        throw error;
      }
    },
    resetBoard: async () => opened().resetBoard(data),
    write: async (text) => opened().write(text),
    async close() {
      closing.abort();
      await session?.close();
    },
  };
}

/** One open port and its record. */
class Session {
  readonly #port: BoardPort;
  readonly #record: ConsoleRecord;
  readonly #redactor: Redactor;
  readonly #listener: SerialListener;
  readonly #reader = new LineReader((line) => this.#keep(line));
  readonly #loop = watchLoop('serial');
  readonly #healthTimer = setInterval(() => this.#tellHealth(), healthPeriodMs);
  #lines: SerialLine[] = [];
  #hasEnded = false;

  constructor(port: BoardPort, record: ConsoleRecord, redactor: Redactor, listener: SerialListener) {
    this.#port = port;
    this.#record = record;
    this.#redactor = redactor;
    this.#listener = listener;
    port.on('data', (chunk: Buffer) => {
      this.#arrived(chunk, hostNow());
    });
    port.lost.addEventListener('abort', () => {
      this.#finishLine();
      this.#lose(port.lost.reason as BenchError);
    });
  }

  async resetBoard({ reset, resetHoldMs }: SerialServiceData): Promise<HostNs> {
    this.#port.lost.throwIfAborted();
    // What the board was saying when it was reset is no beginning of its first line.
    const beforeRelease = (): void => this.#finishLine();
    const options = { strategy: reset, holdMs: resetHoldMs, signal: this.#port.lost };
    return resetIntoApp(this.#port, options, beforeRelease);
  }

  async write(text: string): Promise<void> {
    const { lost } = this.#port;
    lost.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.#port.write(text, 'utf8', (error) => {
        if (!error) resolve();
        else reject(lost.aborted ? (lost.reason as BenchError) : error);
      });
    });
  }

  async close(): Promise<void> {
    await this.#port[Symbol.asyncDispose]();
    if (this.#hasEnded) return;
    this.#finishLine();
    this.#tellHealth();
    this.#end();
  }

  #arrived(chunk: Buffer, hostNs: HostNs): void {
    this.#keepBytes(this.#redactor.push(chunk), hostNs);
  }

  #keepBytes(bytes: Buffer, hostNs: HostNs): void {
    if (bytes.length === 0) return;
    this.#recordOrLose(() => this.#record.addBytes(bytes));
    this.#reader.push(bytes, hostNs);
  }

  #finishLine(): void {
    this.#keepBytes(this.#redactor.flush(), hostNow());
    this.#reader.cut(hostNow());
    this.#tellLines();
  }

  /** The lines of a chunk are told together, when the chunk is done. */
  #keep(line: SerialLine): void {
    if (this.#lines.push(line) === 1) queueMicrotask(() => this.#tellLines());
  }

  #tellLines(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    if (this.#recordOrLose(() => this.#record.addEvents(lines))) this.#listener.lines(lines);
  }

  #tellHealth(): void {
    const health = this.#loop.look();
    if (this.#recordOrLose(() => this.#record.addEvents([health]))) this.#listener.health(health);
  }

  /** Whether it was recorded. Nothing is told that the record doesn't hold. */
  #recordOrLose(add: () => void): boolean {
    if (this.#hasEnded) return false;
    try {
      add();
      return true;
    } catch (error) {
      this.#lose(error as BenchError);
      return false;
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
    this.#record.close();
  }
}
