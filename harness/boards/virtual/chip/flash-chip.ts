import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { UsageError } from '../../../errors.ts';

export const FLASH_SIZE = 4 * 1024 * 1024;
export const SECTOR_SIZE = 4096;

/** Where the ESP32's ROM looks for the bootloader, and ESP-IDF's bootloader for the partition table. */
export const BOOTLOADER_OFFSET = 0x1000;
export const PARTITION_TABLE_OFFSET = 0x8000;

/**
 * A 4 MiB NOR flash chip. Its contents live in a file, are written through, and survive the board.
 * As in the real thing, programming only clears bits: a region is erased to FF before it takes new data.
 */
export class FlashChip implements Disposable {
  readonly file: string;
  readonly #contents: Buffer;
  readonly #fd: number;
  #open = true;

  private constructor(file: string, fd: number, contents: Buffer) {
    this.file = file;
    this.#fd = fd;
    this.#contents = contents;
  }

  /**
   * Opens the chip in `file`, which is created, erased, when it doesn't exist.
   *
   * @throws UsageError `FLASH_FILE` when the file can't be opened or isn't 4 MiB long.
   */
  static open(file: string): FlashChip {
    const fd = openFile(file);
    const { size } = fstatSync(fd);
    const contents = Buffer.alloc(FLASH_SIZE, 0xff);
    if (size === 0) {
      writeSync(fd, contents, 0, FLASH_SIZE, 0);
    } else if (size === FLASH_SIZE) {
      readSync(fd, contents, 0, FLASH_SIZE, 0);
    } else {
      closeSync(fd);
      throw new UsageError('FLASH_FILE', {
        what: `The flash file has ${size} bytes, the flash chip ${FLASH_SIZE}`,
        where: file,
        next: 'Name another file, or delete this one: a new one is made, erased.',
      });
    }
    return new FlashChip(file, fd, contents);
  }

  /** A view of the contents, not a copy; shorter where the chip ends. */
  read(offset: number, length: number): Buffer {
    return this.#contents.subarray(offset, offset + length);
  }

  md5(offset: number, length: number): Buffer {
    return createHash('md5').update(this.read(offset, length)).digest();
  }

  holds(offset: number, length: number): boolean {
    return offset + length <= FLASH_SIZE;
  }

  /** Clears the bits that are 0 in `bytes`. */
  program(offset: number, bytes: Uint8Array): void {
    const target = this.read(offset, bytes.length);
    for (let index = 0; index < target.length; index++) {
      target[index] = (target[index] ?? 0) & (bytes[index] ?? 0xff);
    }
    this.#writeThrough(offset, target.length);
  }

  /** Sets the sectors that hold any byte of the region to FF. */
  erase(offset: number, length: number): void {
    const from = Math.floor(offset / SECTOR_SIZE) * SECTOR_SIZE;
    const to = Math.min(Math.ceil((offset + length) / SECTOR_SIZE) * SECTOR_SIZE, FLASH_SIZE);
    if (to <= from) return;
    this.#contents.fill(0xff, from, to);
    this.#writeThrough(from, to - from);
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }

  #writeThrough(offset: number, length: number): void {
    if (this.#open && length > 0) writeSync(this.#fd, this.#contents, offset, length, offset);
  }
}

function openFile(file: string): number {
  try {
    // `a+` would create it, too, but appends wherever one writes.
    return openSync(file, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return createFile(file);
    throw unusable(file, error);
  }
}

function createFile(file: string): number {
  try {
    return openSync(file, 'wx+');
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, cause: unknown): UsageError {
  return new UsageError('FLASH_FILE', {
    what: `The flash file can't be opened: ${(cause as Error).message}`,
    where: file,
    next: 'Name another file.',
    cause,
  });
}
