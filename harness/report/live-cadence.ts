import { parseDeviceEvent } from '../log/parse-device-event.ts';
import type { Heard } from '../bench/run-view.ts';

/** What is shown of the traffic while a run goes on. Judges nothing: that is for the claims, on the whole window. */
export class LiveCadence {
  readonly #periodMs: number;
  #seenDatagrams = 0;
  #seenLines = 0;
  #lastNs: number | undefined;
  #missing = 0;
  #rttUs: number | undefined;
  /** The latest ones, oldest first. */
  #intervalsMs: number[] = [];

  /** `periodMs`: promised time between two datagrams. */
  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** Takes in what is new. */
  update({ lines, datagrams, forgotten = { lines: 0, datagrams: 0 } }: Heard): void {
    const datagramCount = forgotten.datagrams + datagrams.length;
    for (; this.#seenDatagrams < datagramCount; this.#seenDatagrams += 1) {
      const atNs = datagrams[this.#seenDatagrams - forgotten.datagrams]?.stamp.hostNs;
      if (atNs === undefined) continue;
      if (this.#lastNs !== undefined) this.#interval((atNs - this.#lastNs) / 1e6);
      this.#lastNs = atNs;
    }
    for (; this.#seenLines < forgotten.lines + lines.length; this.#seenLines += 1) {
      const line = lines[this.#seenLines - forgotten.lines];
      const event = line && parseDeviceEvent(line);
      if (event?.kind === 'ack' && event.open === 1) this.#rttUs = event.rttUs;
    }
  }

  /** `143 datagrams  ▄▄▄▅▄▄▃▄  100.02 ms  RTT 0.29 ms  0 missing`, in so many columns. */
  render(columns: number): string {
    const latest = this.#intervalsMs.at(-1);
    const figures = [
      ...(latest === undefined ? [] : [`${latest.toFixed(2)} ms`]),
      ...(this.#rttUs === undefined ? [] : [`RTT ${(this.#rttUs / 1e3).toFixed(2)} ms`]),
      `${this.#missing} missing`,
    ].join('  ');
    const count = `${this.#seenDatagrams} datagram${this.#seenDatagrams === 1 ? '' : 's'}`;
    const room = columns - count.length - figures.length - 4;
    const line = sparkline(this.#intervalsMs.slice(-Math.max(0, Math.min(mostShown, room))), this.#periodMs);
    return [count, ...(line === '' ? [] : [line]), figures].join('  ').slice(0, columns);
  }

  #interval(ms: number): void {
    this.#intervalsMs.push(ms);
    if (this.#intervalsMs.length > mostShown) this.#intervalsMs.shift();
    this.#missing += Math.max(0, Math.round(ms / this.#periodMs) - 1);
  }
}

const mostShown = 40;
const bars = '▁▂▃▄▅▆▇█';

/**
 * One bar an interval: the promised period in the middle, the scale as wide as they need, but at least 1 % of the period.
 * `×` stands where a datagram is missing.
 */
export function sparkline(intervalsMs: readonly number[], periodMs: number): string {
  const whole = intervalsMs.filter((ms) => ms < 1.5 * periodMs);
  const half = whole.reduce((most, ms) => Math.max(most, Math.abs(ms - periodMs)), periodMs / 100);
  return intervalsMs
    .map((ms) => {
      if (ms >= 1.5 * periodMs) return '×';
      const level = Math.round(((ms - periodMs) / half) * 3.5 + 3.5);
      return bars[Math.min(bars.length - 1, Math.max(0, level))] ?? '';
    })
    .join('');
}
