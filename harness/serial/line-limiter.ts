const newline = 0x0a;

/** A piece of the input up to and including the end of a line, or the beginning of a line whose end is still to come. */
export interface LinePiece {
  readonly bytes: Buffer;
  /** `end`: the piece ends its line. `cut`: the line is at its limit and ends here. `open`: it goes on. */
  readonly ends: 'end' | 'cut' | 'open';
}

/** Cuts lines that are longer than a limit, so that the parser behind it never keeps more than that. */
export class LineLimiter {
  readonly #maxLineBytes: number;
  #lineBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The pieces of `chunk`, in order; joined they are the chunk. */
  *split(chunk: Buffer): Generator<LinePiece> {
    let start = 0;
    while (start < chunk.length) {
      const found = chunk.indexOf(newline, start);
      const limit = start + this.#maxLineBytes - this.#lineBytes;
      if (found !== -1 && found <= limit) {
        yield { bytes: chunk.subarray(start, found + 1), ends: 'end' };
        start = found + 1;
        this.#lineBytes = 0;
      } else if (limit < chunk.length) {
        yield { bytes: chunk.subarray(start, limit), ends: 'cut' };
        start = limit;
        this.#lineBytes = 0;
      } else {
        yield { bytes: chunk.subarray(start), ends: 'open' };
        this.#lineBytes += chunk.length - start;
        start = chunk.length;
      }
    }
  }

  /** Ends the line that is open; false when none is. */
  cut(): boolean {
    const wasOpen = this.#lineBytes > 0;
    this.#lineBytes = 0;
    return wasOpen;
  }
}
