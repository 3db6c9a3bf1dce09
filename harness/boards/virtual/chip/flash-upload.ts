import { createHash } from 'node:crypto';

/** What the stub's READ_FLASH asks for. */
export interface UploadRequest {
  readonly contents: Uint8Array;
  readonly blockSize: number;
  /** How many blocks may be on their way before the host has confirmed the first of them. */
  readonly maxInFlight: number;
}

/**
 * The stub's READ_FLASH: raw blocks, each in a frame of its own, then their MD5. After each block the host sends
 * the number of bytes it has got; that keeps a slow host from being flooded.
 */
export class FlashUpload {
  readonly #request: UploadRequest;
  readonly #sendFrame: (payload: Uint8Array) => void;
  #sent = 0;

  constructor(request: UploadRequest, sendFrame: (payload: Uint8Array) => void) {
    this.#request = request;
    this.#sendFrame = sendFrame;
  }

  /** Begins, or goes on: the host has got `received` bytes. True when all of it is sent and confirmed. */
  advance(received: number): boolean {
    const { contents, blockSize, maxInFlight } = this.#request;
    const window = blockSize * maxInFlight;
    while (this.#sent < contents.length && this.#sent - received < window) {
      const block = contents.subarray(this.#sent, this.#sent + blockSize);
      this.#sendFrame(block);
      this.#sent += block.length;
    }
    if (received < contents.length) return false;
    this.#sendFrame(createHash('md5').update(contents).digest());
    return true;
  }
}
