import { BenchError } from '../errors.ts';
import type { BoardPort } from '../serial/board-port.ts';
import { withDeadline } from '../time/deadline.ts';
import { encodeSlip, SlipDecoder } from './slip.ts';

/** What a loader answered. */
export interface LoaderAnswer {
  readonly opcode: number;
  /** The register read; something stale for every other command. */
  readonly value: number;
  readonly data: Buffer;
}

/** One command to the loader. */
export interface LoaderCommand {
  readonly opcode: number;
  /** As it stands in an error: "the MD5 of app". */
  readonly name: string;
  readonly data: Buffer;
  /** Of data blocks only; 0 else. */
  readonly checksum?: number;
  /** Default: 3 s, as esptool waits. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 3000;

/** Enough to see who is talking instead of the loader. */
const maxEvidenceBytes = 1024;

/** A loader says nothing but frames; noise may hit the line, but a boot says some hundred bytes. */
const strayBytes = 128;

/** The ROM's first words after a reset, where the baud rate is still its own. */
const BOOT_BANNER = /rst:0x[0-9a-f]+ \([^)\r\n]*\),boot:0x[0-9a-f]+[^\r\n]*/;

/** The ROM of the ESP32 ends its answers with four bytes: failed, reason, and two without meaning. */
const statusBytes = 4;

/** In esptool's words. @see https://docs.espressif.com/projects/esptool/en/latest/esp32/advanced-topics/serial-protocol.html */
const reasons: ReadonlyMap<number, string> = new Map([
  [0x05, 'it does not know the command, or the command is malformed'],
  [0x06, 'it failed to act on the command'],
  [0x07, 'the checksum is wrong'],
  [0x08, 'writing to the flash failed'],
  [0x09, 'reading from the flash failed'],
  [0x0a, 'the read length is wrong'],
  [0x0b, 'the compressed data is broken'],
  [0x0c, 'the checksum of the compressed data is wrong'],
]);

/**
 * Requests and answers of the loader in an ESP chip's ROM, one at a time.
 *
 * ```
 * request   00 opcode length(2) checksum(4) data              little-endian, in a SLIP frame
 * answer    01 opcode length(2) value(4)    data status(4)    length counts data and status
 * ```
 */
export class LoaderLink implements Disposable {
  readonly #port: BoardPort;
  readonly #signal: AbortSignal;
  readonly #decoder = new SlipDecoder();
  #onFrame: (frame: Buffer) => void = () => undefined;
  /** Aborts when the chip boots though it was in its loader. */
  readonly #left = new AbortController();
  #isInLoader = false;
  #outside = Buffer.alloc(0);

  constructor(port: BoardPort, signal?: AbortSignal) {
    this.#port = port;
    this.#signal = AbortSignal.any([port.lost, this.#left.signal, ...(signal === undefined ? [] : [signal])]);
    port.on('data', this.#hear);
  }

  /** The first bytes that were no frame, since {@link forget}: what the board says when it is not in its loader. */
  get heardOutside(): Buffer {
    return this.#outside;
  }

  forget(): void {
    this.#outside = Buffer.alloc(0);
  }

  /** The loader has answered: from now on it says nothing but frames, and whatever else comes means that the chip was reset. */
  expectFramesOnly(): void {
    this.forget();
    this.#isInLoader = true;
  }

  /**
   * Sends a command and waits for its answer; late answers to earlier ones are passed over.
   *
   * @throws BenchError `FLASH_TIMEOUT` when none comes, `FLASH_REFUSED` when the loader says no, `FLASH_BOARD_RESET` as soon as
   * the chip boots instead; the reason of the port's loss or of the signal.
   */
  async ask(command: LoaderCommand): Promise<LoaderAnswer> {
    const { opcode, name, timeoutMs = defaultTimeoutMs } = command;
    this.#signal.throwIfAborted();
    const answer = new Promise<Buffer>((resolve) => {
      this.#onFrame = (frame) => {
        if (answers(frame, opcode)) resolve(frame);
      };
    });
    this.#port.write(encodeRequest(command));
    const frame = await withDeadline(answer, {
      timeoutMs,
      waitingFor: `answer to ${name}`,
      signal: this.#signal,
      onTimeout: () => this.#timeoutError(name, timeoutMs),
    });
    return this.#parseAnswer(frame, name);
  }

  [Symbol.dispose](): void {
    this.#port.off('data', this.#hear);
  }

  readonly #hear = (chunk: Buffer): void => {
    const { frames, outside } = this.#decoder.push(chunk);
    const room = maxEvidenceBytes - this.#outside.length;
    if (room > 0 && outside.length > 0) {
      this.#outside = Buffer.concat([this.#outside, outside.subarray(0, room)]);
    }
    if (this.#isInLoader && this.#outside.length >= strayBytes) this.#left.abort(this.#resetError());
    for (const frame of frames) this.#onFrame(frame);
  };

  #parseAnswer(frame: Buffer, name: string): LoaderAnswer {
    const [failed, reason = 0] = frame.subarray(-statusBytes);
    if (failed === 0) {
      return {
        opcode: frame.readUInt8(1),
        value: frame.readUInt32LE(4),
        data: frame.subarray(8, -statusBytes),
      };
    }
    throw new BenchError('FLASH_REFUSED', {
      what: `The loader refused ${name}: ${reasons.get(reason) ?? `reason 0x${reason.toString(16)}`}`,
      where: this.#port.path,
      next: 'try again at a lower baud rate; if it stays, the flash chip may be broken',
    });
  }

  #resetError(): BenchError {
    const banner = BOOT_BANNER.exec(this.#outside.toString('latin1'))?.[0];
    return new BenchError('FLASH_BOARD_RESET', {
      what: 'The board was reset while it was flashed: it talks, and no answers of the loader',
      where: this.#port.path,
      evidence: [banner ?? `${strayBytes} bytes at another baud rate than the loader's`],
      next: 'see that its supply holds (another cable, a hub with a supply of its own) and that nobody else opens its port; what it holds now is incomplete: flash again',
    });
  }

  #timeoutError(name: string, timeoutMs: number): BenchError {
    return new BenchError('FLASH_TIMEOUT', {
      what: `The loader did not answer ${name} within ${timeoutMs} ms`,
      where: this.#port.path,
      next: 'try again at a lower baud rate; check cable and power of the board',
    });
  }
}

function encodeRequest({ opcode, data, checksum = 0 }: LoaderCommand): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(opcode, 1);
  header.writeUInt16LE(data.length, 2);
  header.writeUInt32LE(checksum, 4);
  return encodeSlip(Buffer.concat([header, data]));
}

/** Whether a frame answers this command; what the ROM doesn't know it refuses under the opcode before. */
function answers(frame: Buffer, opcode: number): boolean {
  const isAnswer = frame.length >= 8 + statusBytes && frame[0] === 0x01;
  return isAnswer && (frame[1] === opcode || frame.at(-statusBytes) === 1);
}
