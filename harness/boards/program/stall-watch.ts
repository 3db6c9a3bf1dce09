import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import type { BoardStall } from '../../record/events.ts';
import { hostNow, type HostNs } from '../../time/clock.ts';

/** Looked at so often, a stall is placed within as much of where it was. */
const lookEveryMs = 20;
/** As the virtual board's own program (firmware/host/stalls.h). */
const leastMs = 1;

/**
 * Notes when this host kept a program from running: a thread of it was ready and had no processor, by the kernel's account. Where
 * the kernel keeps none, no file is made.
 *
 * @see Linux, Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat
 */
export class StallWatch implements Disposable {
  readonly #tasks: string;
  readonly #file: string;
  readonly #timer: NodeJS.Timeout | undefined;
  #waitedNs: ReadonlyMap<string, number>;

  constructor(pid: number, file: string) {
    this.#tasks = `/proc/${pid}/task`;
    this.#file = file;
    this.#waitedNs = this.#read();
    if (this.#waitedNs.size === 0) return;
    this.#append('');
    this.#timer = setInterval(() => {
      this.#look();
    }, lookEveryMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowNs = hostNow();
    const before = this.#waitedNs;
    this.#waitedNs = this.#read();
    const longestNs = Math.max(
      0,
      ...[...this.#waitedNs].map(([thread, waitedNs]) => waitedNs - (before.get(thread) ?? waitedNs)),
    );
    if (longestNs < leastMs * 1e6) return;
    const stall: BoardStall = { kind: 'board-stall', fromNs: (nowNs - longestNs) as HostNs, toNs: nowNs };
    this.#append(`${JSON.stringify(stall)}\n`);
  }

  /** How long each thread has been ready without a processor, in ns. */
  #read(): Map<string, number> {
    try {
      return new Map(
        readdirSync(this.#tasks).map((thread) => {
          const [, waitedNs = '0'] = readFileSync(`${this.#tasks}/${thread}/schedstat`, 'latin1').split(' ');
          return [thread, Number(waitedNs)];
        }),
      );
    } catch {
      // It has ended meanwhile, or the kernel keeps no account.
      return new Map();
    }
  }

  #append(line: string): void {
    try {
      appendFileSync(this.#file, line);
    } catch {
      // A disk that is full keeps the board from nothing.
    }
  }
}
