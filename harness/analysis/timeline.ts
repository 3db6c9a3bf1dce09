import type { Sent } from '../log/device-event.ts';
import type { Datagram, Window } from '../record/events.ts';

/** Instants of one clock, ascending, in milliseconds since the first of them. */
export interface Timeline {
  readonly clock: 'host' | 'device';
  readonly atMs: readonly number[];
  /** How far any of the instants can be from the truth; 1 µs, its resolution, for the device's clock. */
  readonly boundUs: number;
  /**
   * From when to when was watched, where that is known: silence at either end counts, too. Since the first
   * instant, as `atMs`, or since the watch began when there is none.
   */
  readonly watchedMs?: { readonly from: number; readonly to: number };
}

/** When datagrams arrived, on the host's clock. */
export function arrivalTimeline(
  datagrams: readonly Pick<Datagram, 'stamp'>[],
  window?: Pick<Window, 'fromNs' | 'toNs'>,
): Timeline {
  const boundUs = datagrams.reduce((bound, { stamp }) => Math.max(bound, stamp.boundUs), 0);
  const hostMs = datagrams.map(({ stamp }) => stamp.hostNs / 1e6).sort((a, b) => a - b);
  const watched =
    window === undefined ? {} : { watchedMs: { from: window.fromNs / 1e6, to: window.toNs / 1e6 } };
  return sinceFirst({ clock: 'host', atMs: hostMs, boundUs, ...watched });
}

/** When the device sent, on its own clock. All of one boot: the clock starts anew with each. */
export function sendTimeline(sends: readonly Sent[]): Timeline {
  const deviceMs = sends.map(({ atUs }) => atUs / 1e3).sort((a, b) => a - b);
  return sinceFirst({ clock: 'device', atMs: deviceMs, boundUs: 1 });
}

function sinceFirst({ atMs, watchedMs, ...timeline }: Timeline): Timeline {
  const first = atMs[0] ?? watchedMs?.from ?? 0;
  return {
    ...timeline,
    atMs: atMs.map((at) => at - first),
    ...(watchedMs && { watchedMs: { from: watchedMs.from - first, to: watchedMs.to - first } }),
  };
}
