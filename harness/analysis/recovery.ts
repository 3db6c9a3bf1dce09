import type { DeviceAck } from '../log/device-event.ts';
import type { Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';

export interface RecoveryOptions {
  /** Datagrams of the board and acks that it logged, in the order of time; earlier ones don't matter. */
  readonly arrivals: readonly Datagram[];
  readonly acks: readonly DeviceAck[];
  /** When the disturbance was over. */
  readonly sinceNs: HostNs;
  readonly nominalPeriodMs: number;
}

/** So many intervals in a row on schedule: one second at 10 Hz. */
const intervalsOnSchedule = 10;

/**
 * When the device was back: the first of {@link intervalsOnSchedule} intervals in a row that are off by less than half a
 * period, or its first ack since, whichever is later. Absent while it is not back.
 */
export function findRecovery({
  arrivals,
  acks,
  sinceNs,
  nominalPeriodMs,
}: RecoveryOptions): HostNs | undefined {
  const firstAck = acks.find(({ hostNs }) => hostNs > sinceNs);
  const times = arrivals.map(({ stamp }) => stamp.hostNs).filter((hostNs) => hostNs > sinceNs);
  const onSchedule = times.map((hostNs, at) => {
    const next = times[at + 1];
    return next !== undefined && Math.abs((next - hostNs) / 1e6 - nominalPeriodMs) < nominalPeriodMs / 2;
  });
  const first = times.find((_, at) => {
    const intervals = onSchedule.slice(at, at + intervalsOnSchedule);
    return intervals.length === intervalsOnSchedule && intervals.every(Boolean);
  });
  if (firstAck === undefined || first === undefined) return undefined;
  return Math.max(first, firstAck.hostNs) as HostNs;
}
