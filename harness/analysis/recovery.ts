import type { Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';

export interface RecoveryOptions {
  /** Datagrams of the board and answers that it logged, in the order of time; earlier ones don't matter. */
  readonly arrivals: readonly Datagram[];
  readonly answers: readonly { readonly hostNs: HostNs }[];
  /** When the disturbance was over. */
  readonly sinceNs: HostNs;
  readonly nominalPeriodMs: number;
}

/** One second at 10 Hz. */
const intervalsWatched = 10;
/** A send that a busy host holds up spoils two intervals, the one before it and the one after. */
const intervalsOnSchedule = 7;

/**
 * When the device was back: the first send of a second in which it was on schedule (off by less than half a period, but
 * for a stray or two), or its first answer since, whichever is later. Absent while it is not back.
 */
export function findRecovery({
  arrivals,
  answers,
  sinceNs,
  nominalPeriodMs,
}: RecoveryOptions): HostNs | undefined {
  const firstAnswer = answers.find(({ hostNs }) => hostNs > sinceNs);
  const times = arrivals.map(({ stamp }) => stamp.hostNs).filter((hostNs) => hostNs > sinceNs);
  const isOnSchedule = times.slice(1).map((hostNs, at) => {
    const intervalMs = (hostNs - (times[at] ?? hostNs)) / 1e6;
    return Math.abs(intervalMs - nominalPeriodMs) < nominalPeriodMs / 2;
  });
  const first = times.find((_, at) => {
    const watched = isOnSchedule.slice(at, at + intervalsWatched);
    return watched.length === intervalsWatched && watched.filter(Boolean).length >= intervalsOnSchedule;
  });
  if (firstAnswer === undefined || first === undefined) return undefined;
  return Math.max(first, firstAnswer.hostNs) as HostNs;
}
