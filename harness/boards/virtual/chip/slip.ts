/**
 * The chip's end of the framing that ESP loaders speak: `C0` payload `C0`, with `C0` → `DB DC` and `DB` → `DB DD`
 * inside. Written apart from the flasher's, so that a mistake in one can't hide in the other.
 *
 * @see RFC 1055
 */
const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;
/** The longest frame a host sends is a stub's block of 16 KiB with its header. */
const MAX_FRAME_LENGTH = 64 * 1024;

/** The frame that carries `payload`. */
export function encodeSlip(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(payload.length * 2 + 2);
  let length = 0;
  frame[length++] = END;
  for (const byte of payload) {
    if (byte === END || byte === ESCAPE) {
      frame[length++] = ESCAPE;
      frame[length++] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
    } else {
      frame[length++] = byte;
    }
  }
  frame[length++] = END;
  return frame.subarray(0, length);
}

/** Cuts a stream of bytes into frames. Chunks may be split anywhere; bytes before a frame and empty frames are skipped. */
export class SlipDecoder {
  #frame: number[] | undefined;
  #escaped = false;

  /** The payloads that `chunk` completes. */
  decode(chunk: Uint8Array): Buffer[] {
    const payloads: Buffer[] = [];
    for (const byte of chunk) {
      if (byte === END) {
        if (this.#frame !== undefined && this.#frame.length > 0) {
          payloads.push(Buffer.from(this.#frame));
          this.#frame = undefined;
        } else {
          this.#frame = [];
        }
        this.#escaped = false;
      } else if (this.#frame !== undefined) {
        this.#add(byte, this.#frame);
      }
    }
    return payloads;
  }

  #add(byte: number, frame: number[]): void {
    if (byte === ESCAPE && !this.#escaped) {
      this.#escaped = true;
      return;
    }
    if (this.#escaped) {
      this.#escaped = false;
      if (byte !== ESCAPED_END && byte !== ESCAPED_ESCAPE) {
        this.#frame = undefined; // Noise: wait for the next frame.
        return;
      }
      byte = byte === ESCAPED_END ? END : ESCAPE;
    }
    if (frame.length === MAX_FRAME_LENGTH) this.#frame = undefined;
    else frame.push(byte);
  }
}
