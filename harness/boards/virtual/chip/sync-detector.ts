/** A SYNC request of the loader's protocol, from the start of its frame on to where its data turns monotonous. */
const SYNC = Buffer.from('c0000824000000000007071220', 'hex');

/**
 * Finds a SYNC request in the bytes that a host sends to a running application. A link without control lines has no
 * other way to ask for the loader.
 */
export class SyncDetector {
  #tail: Buffer = Buffer.alloc(0);

  /** The bytes from the request's start on, once it is complete; it may be split over calls anywhere. */
  find(bytes: Uint8Array): Buffer | undefined {
    const all = Buffer.concat([this.#tail, bytes]);
    const at = all.indexOf(SYNC);
    if (at < 0) {
      this.#tail = all.subarray(-(SYNC.length - 1));
      return undefined;
    }
    this.#tail = Buffer.alloc(0);
    return all.subarray(at);
  }
}
