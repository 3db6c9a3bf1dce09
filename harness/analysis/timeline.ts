import type { Datagram } from '../record/events.ts';
import type { Sent } from '../log/device-event.ts';

/** Instants of one clock, ascending, in milliseconds since the first of them. */
export interface Timeline {
  readonly clock: 'host' | 'device';
  readonly atMs: readonly number[];
  /** How far any of the instants can be from the truth; 1 µs, its resolution, for the device's clock. */
  readonly boundUs: number;
}

/** When datagrams arrived, on the host's clock. */
export function arrivalTimeline(datagrams: readonly Datagram[]): Timeline {
  const boundUs = datagrams.reduce((bound, { stamp }) => Math.max(bound, stamp.boundUs), 0);
  const hostMs = datagrams.map(({ stamp }) => stamp.hostNs / 1e6);
  return { clock: 'host', atMs: sinceFirst(hostMs), boundUs };
}

/** When the device sent, on its own clock. All of one boot: the clock starts anew with each. */
export function sendTimeline(sends: readonly Sent[]): Timeline {
  return { clock: 'device', atMs: sinceFirst(sends.map(({ atUs }) => atUs / 1e3)), boundUs: 1 };
}

function sinceFirst(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b);
  const first = sorted[0] ?? 0;
  return sorted.map((time) => time - first);
}
