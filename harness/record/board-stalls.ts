import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { HostNs } from '../time/clock.ts';
import type { BoardStall } from './events.ts';

/** The file of a run's folder that a board adds to while it runs on this host: a {@link BoardStall} a line. */
export const boardStallsFile = 'stalls.jsonl';

/** Reads what a board has noted so far, again and again, each line once. */
export class BoardStalls {
  readonly #path: string;
  readonly #stalls: BoardStall[] = [];
  #isKept = false;
  /** Bytes of whole lines read. */
  #read = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** All so far; absent as long as no board has begun to note any, which is to say that nobody watches. */
  get soFar(): readonly BoardStall[] | undefined {
    this.#readOn();
    return this.#isKept ? this.#stalls : undefined;
  }

  /** Leaves out what was over before `ns`. */
  forget(ns: HostNs): void {
    const first = this.#stalls.findIndex(({ toNs }) => toNs >= ns);
    this.#stalls.splice(0, first < 0 ? this.#stalls.length : first);
  }

  #readOn(): void {
    const file = openToRead(this.#path);
    if (file === undefined) return;
    this.#isKept = true;
    try {
      const news = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#read));
      const length = readSync(file, news, 0, news.length, this.#read);
      // What stands after the last line feed is being written.
      const whole = news.subarray(0, length).lastIndexOf('\n') + 1;
      for (const line of news.subarray(0, whole).toString().split('\n').slice(0, -1)) {
        this.#stalls.push(JSON.parse(line) as BoardStall);
      }
      this.#read += whole;
    } finally {
      closeSync(file);
    }
  }
}

function openToRead(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
