import { FLASH_SIZE } from './flash-chip.ts';
import type { LoaderFault } from '../../parts/fault.ts';
import type { FlashChip } from './flash-chip.ts';
import { CompressedDownload, PlainDownload } from './flash-download.ts';
import type { DownloadRegion, FlashDownload } from './flash-download.ts';
import { FlashUpload } from './flash-upload.ts';
import {
  checksumOf,
  LoaderRefusal,
  Opcode,
  parseRequest,
  Refusal,
  serialiseResponse,
} from './loader-protocol.ts';
import type { Request } from './loader-protocol.ts';
import type { Registers } from './registers.ts';
import { encodeSlip, SlipDecoder } from './slip.ts';

/** What the loader works on. */
export interface LoaderHardware {
  readonly flash: FlashChip;
  readonly registers: Registers;
  /** What is wrong with the chip. */
  fault(): LoaderFault;
  /** Puts bytes on the wire. */
  send(bytes: Uint8Array): void;
  setBaudRate(baudRate: number): void;
  /** The loader is done: boot what the flash holds. */
  runApplication(): void;
}

/** What a command answers with beside success. */
interface Answer {
  /** Default: what it was before. */
  readonly value?: number;
  readonly data?: Uint8Array;
  /** Runs when the answer is on the wire. */
  readonly afterwards?: () => void;
}

type Command = (request: Request) => Answer | Promise<Answer>;

/** SYNC of the ROM is answered this often, as the chip does while the host finds the baud rate. */
const SYNC_ANSWERS = 8;
const ROM_SYNC_VALUE = 0x2012_0707;
const STUB_GREETING = Buffer.from('OHAI', 'latin1');
const BLOCK_HEADER_LENGTH = 16;
const SLOW_READ_LENGTH = 64;
/** What a bad cable still carries. */
const SLOW_BAUD_RATE = 115_200;

/**
 * The serial loader in the ESP32's ROM, and esptool's flasher stub once that is uploaded.
 * The stub needs no CPU: its upload is acknowledged, and when it is started the loader follows the stub's rules.
 */
export class Loader implements Disposable {
  readonly #hardware: LoaderHardware;
  readonly #decoder = new SlipDecoder();
  #mode: 'rom' | 'stub' = 'rom';
  /** Requests are answered in order, one by one. */
  #queue: Promise<void> = Promise.resolve();
  #download: FlashDownload | undefined;
  #upload: FlashUpload | undefined;
  #stopped = false;
  /** The ROM answers what it doesn't know with opcode and value of the last request that it knew. */
  #lastOpcode: number = Opcode.sync;
  #lastValue = 0;

  constructor(hardware: LoaderHardware) {
    this.#hardware = hardware;
  }

  /** Bytes arrived on the UART. */
  receive(bytes: Uint8Array): void {
    for (const payload of this.#decoder.decode(bytes)) {
      this.#queue = this.#queue.then(() => this.#take(payload));
    }
  }

  /** Nothing is sent any more, whatever is still being worked on. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#download?.[Symbol.dispose]();
  }

  async #take(payload: Buffer): Promise<void> {
    if (this.#stopped) return;
    if (this.#upload !== undefined && payload.length === 4) {
      if (this.#upload.advance(payload.readUInt32LE(0))) this.#upload = undefined;
      return;
    }
    const request = parseRequest(payload);
    if (request !== undefined) await this.#answer(request);
  }

  async #answer(request: Request): Promise<void> {
    this.#upload = undefined;
    const command = this.#commands[this.#mode].get(request.opcode);
    if (command === undefined) {
      this.#answerUnknown(request.opcode);
      return;
    }
    this.#lastOpcode = request.opcode;
    try {
      if (!request.wellFormed) throw new LoaderRefusal(Refusal.malformed);
      const { value, data, afterwards } = await command(request);
      if (value !== undefined) this.#lastValue = value;
      this.#respond(undefined, data);
      if (!this.#stopped) afterwards?.();
    } catch (error) {
      this.#respond(refusalOf(error));
    }
  }

  #answerUnknown(opcode: number): void {
    if (this.#mode === 'stub') {
      this.#lastOpcode = opcode;
      this.#respond(Refusal.notImplemented);
    } else {
      this.#respond(Refusal.malformed);
    }
  }

  #respond(refusal: number | undefined, data?: Uint8Array): void {
    const payload = serialiseResponse({
      opcode: this.#lastOpcode,
      value: this.#lastValue,
      ...(data !== undefined && { data }),
      refusal,
      statusLength: this.#mode === 'rom' ? 4 : 2,
    });
    const times = this.#lastOpcode === Opcode.sync ? SYNC_ANSWERS : 1;
    for (let time = 0; time < times; time++) this.#sendFrame(payload);
  }

  #sendFrame(payload: Uint8Array): void {
    if (!this.#stopped) this.#hardware.send(encodeSlip(payload));
  }

  readonly #commonCommands: readonly (readonly [number, Command])[] = [
    [Opcode.sync, () => ({ value: this.#mode === 'rom' ? ROM_SYNC_VALUE : 0 })],
    [Opcode.readReg, ({ data }) => ({ value: this.#hardware.registers.read(word(data, 0)) })],
    [Opcode.writeReg, ({ data }) => this.#writeRegisters(data)],
    [Opcode.spiAttach, () => ({})],
    [Opcode.spiSetParams, () => ({})],
    [Opcode.changeBaudRate, ({ data }) => this.#changeBaudRate(word(data, 0))],
    [Opcode.memBegin, () => ({})],
    [Opcode.memData, (request) => this.#takeMemory(request)],
    [Opcode.memEnd, ({ data }) => (word(data, 0) === 0 ? { afterwards: () => this.#startStub() } : {})],
    [Opcode.flashBegin, ({ data }) => this.#begin(data, PlainDownload)],
    [Opcode.flashData, (request) => this.#writeBlock(request)],
    [Opcode.flashEnd, ({ data }) => this.#end(word(data, 0))],
    [Opcode.flashDeflBegin, ({ data }) => this.#begin(data, CompressedDownload)],
    [Opcode.flashDeflData, (request) => this.#writeBlock(request)],
    [Opcode.flashDeflEnd, ({ data }) => this.#end(word(data, 0))],
    [Opcode.spiFlashMd5, ({ data }) => this.#md5(word(data, 0), word(data, 1))],
  ];

  readonly #commands: Readonly<Record<'rom' | 'stub', ReadonlyMap<number, Command>>> = {
    rom: new Map([
      ...this.#commonCommands,
      [Opcode.readFlashSlow, ({ data }) => this.#readSlowly(word(data, 0), word(data, 1))],
    ]),
    stub: new Map<number, Command>([
      ...this.#commonCommands,
      [Opcode.eraseFlash, () => this.#erase(0, FLASH_SIZE)],
      [Opcode.eraseRegion, ({ data }) => this.#erase(word(data, 0), word(data, 1))],
      [Opcode.readFlash, ({ data }) => this.#readFlash(data)],
      [Opcode.runUserCode, () => ({ afterwards: () => this.#hardware.runApplication() })],
    ]),
  };

  #writeRegisters(data: Buffer): Answer {
    for (let at = 0; at + 16 <= data.length; at += 16) {
      this.#hardware.registers.write(
        data.readUInt32LE(at),
        data.readUInt32LE(at + 4),
        data.readUInt32LE(at + 8),
      );
    }
    return {};
  }

  #changeBaudRate(baudRate: number): Answer {
    if (baudRate === 0) throw new LoaderRefusal(Refusal.malformed);
    // The answer still goes out at the old rate.
    const isDeaf = this.#hardware.fault() === 'slow-only' && baudRate > SLOW_BAUD_RATE;
    return { afterwards: () => (isDeaf ? this[Symbol.dispose]() : this.#hardware.setBaudRate(baudRate)) };
  }

  #takeMemory(request: Request): Answer {
    blockOf(request); // Checked, and forgotten: there is no CPU to run it.
    return {};
  }

  #startStub(): void {
    this.#mode = 'stub';
    this.#lastValue = 0;
    this.#sendFrame(STUB_GREETING);
  }

  #begin(data: Buffer, Download: new (flash: FlashChip, region: DownloadRegion) => FlashDownload): Answer {
    this.#download?.[Symbol.dispose]();
    this.#download = undefined;
    this.#download = new Download(this.#hardware.flash, {
      size: word(data, 0),
      blockSize: word(data, 2),
      offset: word(data, 3),
    });
    return {};
  }

  async #writeBlock(request: Request): Promise<Answer> {
    if (this.#download === undefined) throw new LoaderRefusal(Refusal.malformed);
    await this.#download.write(word(request.data, 1), blockOf(request));
    return {};
  }

  #end(stay: number): Answer {
    this.#download?.[Symbol.dispose]();
    this.#download = undefined;
    // The ROM leaves its loader whatever it is told; only the stub can stay.
    const leaves = this.#mode === 'rom' || stay === 0;
    return leaves ? { afterwards: () => this.#hardware.runApplication() } : {};
  }

  #md5(offset: number, length: number): Answer {
    if (!this.#hardware.flash.holds(offset, length)) throw new LoaderRefusal(Refusal.flashRead);
    const digest = this.#hardware.flash.md5(offset, length);
    if (this.#hardware.fault() === 'wrong-md5') digest.writeUInt8(digest.readUInt8(0) ^ 1, 0);
    return { data: this.#mode === 'rom' ? Buffer.from(digest.toString('hex'), 'latin1') : digest };
  }

  #readSlowly(offset: number, length: number): Answer {
    if (length > SLOW_READ_LENGTH) throw new LoaderRefusal(Refusal.readLength);
    const data = Buffer.alloc(SLOW_READ_LENGTH);
    this.#hardware.flash.read(offset, length).copy(data);
    return { data };
  }

  #readFlash(data: Buffer): Answer {
    const { flash } = this.#hardware;
    const [offset, length] = [word(data, 0), word(data, 1)];
    if (!flash.holds(offset, length)) throw new LoaderRefusal(Refusal.flashRead);
    const upload = new FlashUpload(
      { contents: flash.read(offset, length), blockSize: word(data, 2), maxInFlight: word(data, 3) },
      (payload) => this.#sendFrame(payload),
    );
    return {
      afterwards: () => {
        this.#upload = upload.advance(0) ? undefined : upload;
      },
    };
  }

  #erase(offset: number, length: number): Answer {
    if (!this.#hardware.flash.holds(offset, length)) throw new LoaderRefusal(Refusal.failed);
    this.#hardware.flash.erase(offset, length);
    return {};
  }
}

/** Number `index` of the request's 32-bit words. */
function word(data: Buffer, index: number): number {
  if (data.length < index * 4 + 4) throw new LoaderRefusal(Refusal.malformed);
  return data.readUInt32LE(index * 4);
}

/** The block that a data request carries behind its length and number. */
function blockOf({ data, checksum }: Request): Buffer {
  const length = word(data, 0);
  const block = data.subarray(BLOCK_HEADER_LENGTH);
  if (block.length !== length) throw new LoaderRefusal(Refusal.malformed);
  if (checksumOf(block) !== (checksum & 0xff)) throw new LoaderRefusal(Refusal.checksum);
  return block;
}

function refusalOf(error: unknown): number {
  if (error instanceof LoaderRefusal) return error.reason;
  throw error;
}
