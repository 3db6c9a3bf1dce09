import { isUtf8 } from 'node:buffer';
import { ReadlineParser } from '@serialport/parser-readline';
import type { SerialLine } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { LineLimiter } from './line-limiter.ts';

/** ESP-IDF's longest lines have some hundred bytes. What is longer is no log. */
const maxLineBytes = 8 * 1024;

interface LineEnd {
  readonly hostNs: HostNs;
  readonly isCut: boolean;
}

/**
 * Makes stamped lines of a port's bytes. Memory is bounded by the longest line kept, and no byte is lost:
 * what isn't UTF-8 stands in the line as hex too.
 *
 * ```
 * chunk, hostNs ──▶ LineLimiter ──▶ ReadlineParser (Latin-1: a character a byte) ──▶ SerialLine
 *                        └──────── stamps, marks of cut lines ────────▶┘
 * ```
 */
export class LineReader {
  readonly #limiter = new LineLimiter(maxLineBytes);
  /** The parser would drop an empty line if it took the line's end away. */
  readonly #parser = new ReadlineParser({ encoding: 'latin1', includeDelimiter: true });
  /** Of the lines that the parser has yet to deliver. */
  readonly #ends: LineEnd[] = [];

  /** @param onLine called with each line, in order, soon after the {@link push} that ended it. */
  constructor(onLine: (line: SerialLine) => void) {
    this.#parser.on('data', (text: string) => {
      const end = this.#ends.shift();
      if (end !== undefined) onLine(toSerialLine(Buffer.from(text, 'latin1'), end));
    });
  }

  /** Takes in a chunk that was read at `hostNs`. */
  push(chunk: Buffer, hostNs: HostNs): void {
    for (const { bytes, ends } of this.#limiter.split(chunk)) {
      if (ends !== 'open') this.#ends.push({ hostNs, isCut: ends === 'cut' });
      this.#parser.write(bytes);
      if (ends === 'cut') this.#parser.write('\n');
    }
  }

  /** Delivers a line that has begun as cut here: its rest can't come any more, or isn't its rest. */
  cut(hostNs: HostNs): void {
    if (!this.#limiter.cut()) return;
    this.#ends.push({ hostNs, isCut: true });
    this.#parser.write('\n');
  }
}

function toSerialLine(bytesAndEnd: Buffer, { hostNs, isCut }: LineEnd): SerialLine {
  const withoutLf = bytesAndEnd.subarray(0, -1);
  const endsInCr = !isCut && withoutLf.at(-1) === 0x0d;
  const bytes = endsInCr ? withoutLf.subarray(0, -1) : withoutLf;
  return {
    kind: 'serial-line',
    hostNs,
    text: bytes.toString('utf8'),
    ...(isUtf8(bytes) ? {} : { rawHex: bytes.toString('hex') }),
    ...(isCut ? { truncated: true } : {}),
  };
}
