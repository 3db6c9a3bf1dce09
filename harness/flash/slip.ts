/**
 * The host's end of the framing that ESP loaders speak: `C0` payload `C0`, with `C0` → `DB DC` and `DB` → `DB DD`
 * inside.
 *
 * @see RFC 1055
 */
const end = 0xc0;
const escape = 0xdb;
const escapedEnd = 0xdc;
const escapedEscape = 0xdd;

/** No answer of a loader is longer; what is, is noise that happened to hold a `C0`. */
const maxFrameBytes = 16 * 1024;

/** The frame that carries `payload`. */
export function encodeSlip(payload: Buffer): Buffer {
  const bytes = [end];
  for (const byte of payload) {
    if (byte === end) bytes.push(escape, escapedEnd);
    else if (byte === escape) bytes.push(escape, escapedEscape);
    else bytes.push(byte);
  }
  bytes.push(end);
  return Buffer.from(bytes);
}

/** What the decoder found: a frame's payload, or bytes that stand outside of frames (a boot log, noise). */
export interface SlipPieces {
  readonly frames: readonly Buffer[];
  readonly outside: Buffer;
}

/** Splits a byte stream, cut anywhere, into frames and what stands between them. */
export class SlipDecoder {
  #frame: number[] | undefined;
  #isEscaped = false;

  push(chunk: Buffer): SlipPieces {
    const frames: Buffer[] = [];
    const outside: number[] = [];
    for (const byte of chunk) {
      if (byte === end) {
        // Two ends in a row are an end and a beginning, or an empty frame: the second begins the next either way.
        if (this.#frame !== undefined && this.#frame.length > 0) {
          frames.push(Buffer.from(this.#frame));
          this.#frame = undefined;
        } else {
          this.#frame = [];
        }
        this.#isEscaped = false;
      } else if (this.#frame === undefined) {
        outside.push(byte);
      } else if (this.#isEscaped) {
        this.#frame.push(byte === escapedEnd ? end : byte === escapedEscape ? escape : byte);
        this.#isEscaped = false;
      } else if (byte === escape) {
        this.#isEscaped = true;
      } else if (this.#frame.push(byte) > maxFrameBytes) {
        this.#frame = undefined;
      }
    }
    return { frames, outside: Buffer.from(outside) };
  }
}
