/**
 * Finds a phrase in bytes that come in pieces: a host's SYNC, sent to a running application over a link without control lines,
 * which has no other way to ask for the loader; a line that a program says.
 */
export class PhraseDetector {
  readonly #phrase: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  constructor(phrase: Buffer) {
    this.#phrase = phrase;
  }

  /** The bytes from the phrase's start on, once it is complete; it may be split over calls anywhere. */
  find(bytes: Uint8Array): Buffer | undefined {
    const all = Buffer.concat([this.#tail, bytes]);
    const at = all.indexOf(this.#phrase);
    if (at < 0) {
      this.#tail = all.subarray(-(this.#phrase.length - 1));
      return undefined;
    }
    this.#tail = Buffer.alloc(0);
    return all.subarray(at);
  }
}
