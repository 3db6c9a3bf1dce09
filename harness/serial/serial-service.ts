/**
 * What owns the console's port: reads it, stamps, writes the record, then tells.
 *
 * ```
 * port ──▶ stamp ──▶ Redactor ──▶ serial.log (bytes) ──▶ LineReader ──▶ serial.jsonl ──▶ listener
 * ```
 *
 * Runs apart from the main thread (serial-thread.ts, serial-process.ts), and knows nothing of either.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describeError, type BenchError, type PortableError } from '../errors.ts';
import { watchLoop } from '../process/loop-health.ts';
import type { PeerFunctions } from '../process/remote-calls.ts';
import type { BenchHealth, SerialGap, SerialLine } from '../record/events.ts';
import { Redactor } from '../secrets/redactor.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { BoardPort } from './board-port.ts';
import { ConsoleRecord, type ConsoleFiles } from './console-record.ts';
import { LineReader } from './line-reader.ts';
import type { UsbIdentity } from './match-usb.ts';
import { openAgain } from './open-again.ts';
import { openPort, presenceCheckMs } from './open-port.ts';
import { resetIntoApp } from './reset-sequences.ts';
import type { ResetStrategy } from './reset-strategy.ts';
import { TcpPort } from './tcp/tcp-port.ts';

export interface SerialServiceData extends ConsoleFiles {
  readonly path: string;
  readonly baudRate: number;
  /** How long EN is held low by a reset. */
  readonly resetHoldMs: number;
  readonly reset: ResetStrategy;
  /** By what the port is found again when it has another path after a reset. */
  readonly usb?: UsbIdentity;
}

/** What the service may be asked for. */
export interface SerialFunctions extends PeerFunctions {
  /**
   * @param secrets what must not get past this service
   * @returns how far away the port's server is, in ms there and back; undefined when that is not known.
   */
  open(secrets: readonly string[]): Promise<number | undefined>;
  resetBoard(): Promise<HostNs>;
  write(text: string): Promise<void>;
  /** Writes the record to other files from now on. */
  recordTo(files: ConsoleFiles): void;
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

const consoleSettings = {
  dtr: false,
  rts: false,
  // The flasher was its client just now: esp_rfc2217_server takes some seconds to put its port back to rights.
  agreementTimeoutMs: 10_000,
  // That a server doesn't confirm its lines is no news (esp_rfc2217_server never does): whether they work shows in the boot.
  onWarning: () => undefined,
};

export function createSerialService(
  data: SerialServiceData,
  listener: () => SerialListener,
): SerialFunctions {
  const { path, baudRate, reset, usb } = data;
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
        const settings = { ...consoleSettings, path, baudRate, signal: closing.signal };
        const port = await openPort(settings);
        // Such a port is the chip's own: it goes with the chip.
        const mayVanish = reset !== 'classic';
        const reopen = mayVanish ? async () => openAgain(settings, usb) : undefined;
        session = new Session(port, record, new Redactor(secrets), listener(), reopen);
        return await session.measureLink();
      } catch (error) {
        record.close();
        throw error;
      }
    },
    resetBoard: async () => opened().resetBoard(data),
    write: async (text) => opened().write(text),
    recordTo: (files) => opened().recordTo(files),
    async close() {
      closing.abort();
      await session?.close();
    },
  };
}

/** So long after a reset a port that goes is one that comes back. USB tells within some 100 ms, a missing file at the next look. */
const vanishWithinMs = presenceCheckMs + 100;

/** One open port and its record. */
class Session {
  #port: BoardPort;
  readonly #record: ConsoleRecord;
  readonly #redactor: Redactor;
  readonly #listener: SerialListener;
  readonly #reopen: (() => Promise<BoardPort>) | undefined;
  readonly #reader = new LineReader((line) => this.#keep(line));
  readonly #loop = watchLoop('serial');
  readonly #healthTimer = setInterval(() => this.#tellHealth(), healthPeriodMs);
  #lines: SerialLine[] = [];
  #hasEnded = false;
  /** A reset is under way that may take the port with it. */
  #mayVanish = false;

  /** @param reopen opens the port again when a reset has taken it away; absent where none does */
  constructor(
    port: BoardPort,
    record: ConsoleRecord,
    redactor: Redactor,
    listener: SerialListener,
    reopen?: () => Promise<BoardPort>,
  ) {
    this.#port = port;
    this.#record = record;
    this.#redactor = redactor;
    this.#listener = listener;
    this.#reopen = reopen;
    this.#listen(port);
  }

  /** Asks how far away the port's server is, and writes it down. */
  async measureLink(): Promise<number | undefined> {
    const { port } = this.#port;
    // A port that is lost meanwhile is told as such.
    const asking = port instanceof TcpPort ? port.roundTripMs().catch(() => undefined) : undefined;
    const roundTripMs = await asking;
    if (roundTripMs === undefined) return undefined;
    this.#recordOrLose(() =>
      this.#record.addEvents([{ kind: 'serial-link', hostNs: hostNow(), roundTripMs }]),
    );
    return roundTripMs;
  }

  /**
   * Resets the board. A port that goes with it is waited for, and the board is reset once more: what it said meanwhile is lost,
   * and a run needs its boot log from the first line on.
   */
  async resetBoard(data: SerialServiceData): Promise<HostNs> {
    this.#port.lost.throwIfAborted();
    if (this.#reopen === undefined) return await this.#reset(data);
    this.#mayVanish = true;
    try {
      const releasedNs = await this.#reset(data);
      await delay(vanishWithinMs, undefined, { signal: this.#port.lost });
      return releasedNs;
    } catch (error) {
      if (!this.#port.lost.aborted) throw error;
      await this.#comeBack(hostNow(), this.#reopen);
    } finally {
      this.#mayVanish = false;
    }
    return await this.#reset(data);
  }

  async #reset({ reset, resetHoldMs }: SerialServiceData): Promise<HostNs> {
    // What the board was saying when it was reset is no beginning of its first line.
    const beforeRelease = (): void => this.#finishLine();
    const options = { strategy: reset, holdMs: resetHoldMs, signal: this.#port.lost };
    return resetIntoApp(this.#port, options, beforeRelease);
  }

  async #comeBack(fromNs: HostNs, reopen: () => Promise<BoardPort>): Promise<void> {
    try {
      this.#port = await reopen();
    } catch (error) {
      this.#lose(error as BenchError);
      throw error;
    }
    this.#listen(this.#port);
    const gap: SerialGap = { kind: 'serial-gap', hostNs: hostNow(), fromNs, path: this.#port.path };
    this.#recordOrLose(() => this.#record.addEvents([gap]));
  }

  #listen(port: BoardPort): void {
    port.on('data', (chunk: Buffer) => {
      this.#arrived(chunk, hostNow());
    });
    port.lost.addEventListener('abort', () => {
      this.#finishLine();
      if (!this.#mayVanish) this.#lose(port.lost.reason as BenchError);
    });
  }

  recordTo(files: ConsoleFiles): void {
    this.#tellLines();
    if (!this.#hasEnded) this.#record.switchTo(files);
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
