import type { Endpoint, Probe } from '../record/events.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { DatagramSocket } from './datagram-socket.ts';

/** Datagrams for a firmware that is a server. */
export interface ProbeSchedule {
  readonly to: Endpoint;
  /** Time between two of them. */
  readonly periodMs: number;
  readonly count: number;
}

export interface ProberOptions {
  readonly send: DatagramSocket['send'];
  readonly record: (event: Probe) => void;
}

/** Lengths go up and down between these; ESP-IDF's examples receive into 127 bytes. */
const shortestBytes = 12;
const longestBytes = 127;
/** Without a common divisor with the number of lengths: all of them come up. */
const lengthStep = 37;

/** Sends datagrams that all differ, on a fixed schedule: what holds one up does not move the next. */
export class Prober implements Disposable {
  readonly #options: ProberOptions;
  #nextIndex = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Begins to send. Replaces what is left of an earlier schedule. */
  start({ to, periodMs, count }: ProbeSchedule): void {
    this[Symbol.dispose]();
    const beginNs = hostNow();
    const next = (sent: number): void => {
      if (sent === count) return;
      this.#send(to);
      const dueNs = beginNs + (sent + 1) * periodMs * 1e6;
      this.#timer = setTimeout(() => next(sent + 1), Math.max(0, (dueNs - hostNow()) / 1e6));
    };
    next(0);
  }

  /** Sends no more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #send(to: Endpoint): void {
    const index = this.#nextIndex++;
    const payload = probePayload(index);
    const hostNs: HostNs = hostNow();
    this.#options.send(payload, to, (error) => {
      this.#options.record({
        kind: 'probe',
        index,
        hostNs,
        to,
        length: payload.length,
        payloadHex: payload.toString('hex'),
        ...(error && { error: error.message }),
      });
    });
  }
}

/** Printable, of many lengths, and unlike any other: an echo tells which one it is of. */
export function probePayload(index: number): Buffer {
  const lengths = longestBytes - shortestBytes + 1;
  const length = shortestBytes + ((index * lengthStep) % lengths);
  return Buffer.from(`probe ${index} `.padEnd(length, 'abcdefghijklmnopqrstuvwxyz'));
}
