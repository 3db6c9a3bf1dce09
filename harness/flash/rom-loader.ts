import { deflateSync } from 'node:zlib';
import { BenchError } from '../errors.ts';
import type { LoaderLink } from './loader-link.ts';

const opcode = {
  sync: 0x08,
  writeRegister: 0x09,
  readRegister: 0x0a,
  spiSetParams: 0x0b,
  spiAttach: 0x0d,
  changeBaudRate: 0x0f,
  deflateBegin: 0x10,
  deflateData: 0x11,
  flashMd5: 0x13,
} as const;

/** What the ROM takes at once. */
const blockBytes = 0x400;

/** A SYNC that isn't answered by then is sent again: the ROM finds the baud rate by it, and may miss the first. */
const syncTimeoutMs = 100;

/** Flash chips differ by far; esptool's limits. */
const writeMsPerMiB = 40_000;
const md5MsPerMiB = 8_000;
const minFlashTimeoutMs = 3_000;

/** Sizes of the flash chip, which the loader can't know. */
const flashGeometry = { blockBytes: 0x10000, sectorBytes: 0x1000, pageBytes: 0x100, statusMask: 0xffff };

/** A register and what to write to it. */
export interface RegisterWrite {
  readonly address: number;
  readonly value: number;
}

/** Bytes for a place in flash. */
export interface FlashWrite {
  readonly offset: number;
  readonly data: Buffer;
  /** Whether this chip's loader wants to be told if the data is encrypted. */
  readonly asksForEncryption: boolean;
}

const notEncrypted = 0;

/** The commands of a ROM loader that a flasher needs. No stub is uploaded. */
export class RomLoader {
  readonly #link: LoaderLink;

  constructor(link: LoaderLink) {
    this.#link = link;
  }

  /** Whether the loader is there: asks up to `tries` times. */
  async sync(tries: number): Promise<boolean> {
    const data = Buffer.from([0x07, 0x07, 0x12, 0x20, ...new Array<number>(32).fill(0x55)]);
    for (let attempt = 0; attempt < tries; attempt++) {
      try {
        await this.#link.ask({ opcode: opcode.sync, name: 'SYNC', data, timeoutMs: syncTimeoutMs });
        return true;
      } catch (error) {
        const isUnanswered = error instanceof BenchError && error.code.startsWith('FLASH_');
        if (!isUnanswered) throw error;
      }
    }
    return false;
  }

  async readRegister(address: number): Promise<number> {
    const { value } = await this.#link.ask({
      opcode: opcode.readRegister,
      name: `a read of register 0x${address.toString(16)}`,
      data: words(address),
    });
    return value;
  }

  /** Writes registers, in order. */
  async writeRegisters(...writes: readonly RegisterWrite[]): Promise<void> {
    await this.#link.ask({
      opcode: opcode.writeRegister,
      name: 'a write of registers',
      data: Buffer.concat(writes.map(({ address, value }) => words(address, value, 0xffffffff, 0))),
    });
  }

  /** The chip answers at the old rate, then changes. */
  async changeBaudRate(baudRate: number): Promise<void> {
    await this.#link.ask({
      opcode: opcode.changeBaudRate,
      name: 'the change of baud rate',
      data: words(baudRate, 0),
    });
  }

  /** Connects the flash chip to the loader, by its usual pins. */
  async attachFlash(): Promise<void> {
    await this.#link.ask({
      opcode: opcode.spiAttach,
      name: 'the attachment of the flash',
      data: words(0, 0),
    });
  }

  async setFlashSize(sizeBytes: number): Promise<void> {
    const { blockBytes, sectorBytes, pageBytes, statusMask } = flashGeometry;
    await this.#link.ask({
      opcode: opcode.spiSetParams,
      name: 'the size of the flash',
      data: words(0, sizeBytes, blockBytes, sectorBytes, pageBytes, statusMask),
    });
  }

  /** MD5 of a part of the flash, in hex. */
  async flashMd5(offset: number, length: number): Promise<string> {
    const { data } = await this.#link.ask({
      opcode: opcode.flashMd5,
      name: `the MD5 of ${length} bytes at 0x${offset.toString(16)}`,
      data: words(offset, length, 0, 0),
      timeoutMs: flashTimeoutMs(length, md5MsPerMiB),
    });
    // The ROM sends hex digits, not bytes.
    return data.toString('latin1').toLowerCase();
  }

  /** Erases as far as needed, then writes `data`, compressed on its way. */
  async writeFlash(
    { offset, data, asksForEncryption }: FlashWrite,
    onProgress: (writtenBytes: number) => void,
  ): Promise<void> {
    const compressed = deflateSync(data, { level: 9 });
    const blocks = Math.ceil(compressed.length / blockBytes);
    const timeoutMs = flashTimeoutMs(data.length, writeMsPerMiB);
    const at = `at 0x${offset.toString(16)}`;
    await this.#link.ask({
      opcode: opcode.deflateBegin,
      name: `the start of a write ${at}`,
      data: words(
        // The ROM wants the size rounded up to whole blocks; the stub would want it exact.
        Math.ceil(data.length / blockBytes) * blockBytes,
        ...[blocks, blockBytes, offset],
        ...(asksForEncryption ? [notEncrypted] : []),
      ),
      timeoutMs,
    });
    for (let sequence = 0; sequence < blocks; sequence++) {
      const block = compressed.subarray(sequence * blockBytes, (sequence + 1) * blockBytes);
      await this.#link.ask({
        opcode: opcode.deflateData,
        name: `block ${sequence + 1} of ${blocks} ${at}`,
        data: Buffer.concat([words(block.length, sequence, 0, 0), block]),
        checksum: checksumOf(block),
        // How much a block inflates to is not known: up to the whole image.
        timeoutMs,
      });
      onProgress(Math.round((data.length * (sequence + 1)) / blocks));
    }
    // No end is sent: the ROM would leave its loader.
  }
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

function checksumOf(block: Buffer): number {
  return block.reduce((checksum, byte) => checksum ^ byte, 0xef);
}

function flashTimeoutMs(lengthBytes: number, msPerMiB: number): number {
  return Math.max(minFlashTimeoutMs, Math.ceil((lengthBytes / 2 ** 20) * msPerMiB));
}
