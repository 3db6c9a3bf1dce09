import { createInflate } from 'node:zlib';
import type { Inflate } from 'node:zlib';
import type { FlashChip } from './flash-chip.ts';
import { LoaderRefusal, Refusal } from './loader-protocol.ts';

/** Where a download goes, as FLASH_BEGIN and FLASH_DEFL_BEGIN say. */
export interface DownloadRegion {
  readonly offset: number;
  /** Bytes to erase, and the most that a compressed download may come to. */
  readonly size: number;
  readonly blockSize: number;
}

/** A file on its way into the flash, block by block. A host may send a block again: that must do no harm. */
export interface FlashDownload extends Disposable {
  /**
   * Writes block number `sequence`.
   *
   * @throws LoaderRefusal when it doesn't fit into the flash or can't be inflated.
   */
  write(sequence: number, block: Uint8Array): Promise<void>;
}

/** Blocks as they are: each stands at its own place, whatever the order. */
export class PlainDownload implements FlashDownload {
  readonly #flash: FlashChip;
  readonly #region: DownloadRegion;

  constructor(flash: FlashChip, region: DownloadRegion) {
    this.#flash = flash;
    this.#region = region;
    eraseRegion(flash, region);
  }

  write(sequence: number, block: Uint8Array): Promise<void> {
    program(this.#flash, this.#region.offset + sequence * this.#region.blockSize, block);
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    // Nothing is kept open.
  }
}

/** One zlib stream over all blocks. */
export class CompressedDownload implements FlashDownload {
  readonly #flash: FlashChip;
  readonly #inflate: Inflate = createInflate();
  #offset: number;
  #nextSequence = 0;
  #refusal: LoaderRefusal | undefined;

  constructor(flash: FlashChip, region: DownloadRegion) {
    this.#flash = flash;
    this.#offset = region.offset;
    eraseRegion(flash, region);
    this.#inflate.on('data', (bytes: Buffer) => this.#take(bytes));
    this.#inflate.on('error', (error) => {
      this.#refusal ??= new LoaderRefusal(
        error.message === 'incorrect data check' ? Refusal.adler : Refusal.inflate,
      );
    });
  }

  async write(sequence: number, block: Uint8Array): Promise<void> {
    // A stream can't take a block twice: one that is sent again is already in flash.
    if (sequence < this.#nextSequence) return;
    this.#nextSequence = sequence + 1;
    if (this.#refusal === undefined) await this.#feed(block);
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }

  /** Resolves when the block is inflated, or when the stream has failed: then it never says so of the block. */
  #feed(block: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#inflate.off('close', settle);
        resolve();
      };
      this.#inflate.once('close', settle);
      this.#inflate.write(block, settle);
    });
  }

  #take(bytes: Buffer): void {
    try {
      program(this.#flash, this.#offset, bytes);
      this.#offset += bytes.length;
    } catch (error) {
      if (!(error instanceof LoaderRefusal)) throw error;
      this.#refusal ??= error;
    }
  }
}

function eraseRegion(flash: FlashChip, { offset, size }: DownloadRegion): void {
  if (!flash.holds(offset, 0)) throw new LoaderRefusal(Refusal.failed);
  flash.erase(offset, size);
}

function program(flash: FlashChip, offset: number, bytes: Uint8Array): void {
  if (!flash.holds(offset, bytes.length)) throw new LoaderRefusal(Refusal.flashWrite);
  flash.program(offset, bytes);
}
