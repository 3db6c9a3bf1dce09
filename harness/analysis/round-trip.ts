import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { Ack, Datagram } from '../record/events.ts';
import { arrivedNs } from './arrived.ts';
import { defined } from './defined.ts';
import { largest, mean, median, quantile, smallest } from './statistics.ts';

/** A sample of durations in microseconds. Figures are absent when it is empty. */
export interface DurationFigures {
  readonly sampleCount: number;
  readonly minUs?: number;
  readonly meanUs?: number;
  readonly p50Us?: number;
  readonly p90Us?: number;
  readonly p95Us?: number;
  readonly p99Us?: number;
  readonly maxUs?: number;
}

/** Durations from `fromUs` (included) to `toUs` (excluded). */
export interface HistogramBin {
  readonly fromUs: number;
  readonly toUs: number;
  readonly count: number;
}

/** Round trips from send to ack on the device's own clock. @see RFC 2681 */
export interface RoundTrips {
  /** Unambiguous round trips: one ack after one send. */
  readonly rtt: DurationFigures;
  readonly histogram: readonly HistogramBin[];
  /** Acks that the device logged, ambiguous ones included. */
  readonly ackCount: number;
  /**
   * Acks that came when more than one send was open (or none): which send they belong to can't be known, so no round
   * trip is taken from them.
   */
  readonly ambiguousCount: number;
  /**
   * Acks that came after the next send, their round trip longer than the period: each leaves one more ack than there
   * are open sends (`open` 0) later. An ack that merely follows one that was lost is not late.
   */
  readonly lateCount: number;
  /**
   * Sends that were never acked: sends less acks. Absent when the log shows more acks than sends, as a
   * window that begins within a round trip may. The send in flight at the log's end is not counted.
   */
  readonly lostCount?: number;
}

/** What a device's own log says about its round trips. Events of one boot. */
export function analyseRoundTrips(sends: readonly Sent[], acks: readonly DeviceAck[]): RoundTrips {
  const rtts = acks.filter(({ open }) => open === 1).map(({ rttUs }) => rttUs);
  return {
    rtt: durationFigures(rtts),
    histogram: histogram(rtts),
    ackCount: acks.length,
    ambiguousCount: acks.length - rtts.length,
    lateCount: acks.filter(isLate).length,
    ...lost(sends, acks),
  };
}

/** Whether an ack tells that one came after the next send: it is one more than there are open sends. */
export function isLate({ open }: DeviceAck): boolean {
  return open === 0;
}

/** How long the server took to answer, from arrival to the answer handed to the network stack. Host's clock. */
export function analyseTurnaround(datagrams: readonly Datagram[], acks: readonly Ack[]): DurationFigures {
  const arrivals = new Map(datagrams.map((datagram) => [datagram.index, arrivedNs(datagram)]));
  return durationFigures(
    acks.flatMap(({ datagram, hostNs }) => {
      const atNs = arrivals.get(datagram);
      return atNs === undefined || hostNs === undefined ? [] : [(hostNs - atNs) / 1e3];
    }),
  );
}

export function durationFigures(durationsUs: readonly number[]): DurationFigures {
  return {
    sampleCount: durationsUs.length,
    ...defined({
      minUs: smallest(durationsUs),
      meanUs: mean(durationsUs),
      p50Us: median(durationsUs),
      p90Us: quantile(durationsUs, 0.9),
      p95Us: quantile(durationsUs, 0.95),
      p99Us: quantile(durationsUs, 0.99),
      maxUs: largest(durationsUs),
    }),
  };
}

/** Bins of a 1–2–5 series, from the shortest duration's to the longest's. */
export function histogram(durationsUs: readonly number[]): HistogramBin[] {
  const minUs = smallest(durationsUs);
  const maxUs = largest(durationsUs);
  if (minUs === undefined || maxUs === undefined) return [];
  const bins: HistogramBin[] = [];
  for (const [fromUs, toUs] of seriesUpTo(maxUs)) {
    const count = durationsUs.filter((duration) => duration >= fromUs && duration < toUs).length;
    if (toUs > minUs) bins.push({ fromUs, toUs, count });
  }
  return bins;
}

/** 0–1, 1–2, 2–5, 5–10, 10–20, … until `maxUs` is inside. */
function seriesUpTo(maxUs: number): [fromUs: number, toUs: number][] {
  const series: [number, number][] = [[0, 1]];
  for (let decade = 1; ; decade *= 10) {
    for (const [from, to] of [
      [1, 2],
      [2, 5],
      [5, 10],
    ] as const) {
      if (from * decade > maxUs) return series;
      series.push([from * decade, to * decade]);
    }
  }
}

function lost(sends: readonly Sent[], acks: readonly DeviceAck[]): { lostCount?: number } {
  const lastAckUs = largest(acks.map(({ atUs }) => atUs)) ?? -Infinity;
  const lastSendUs = largest(sends.map(({ atUs }) => atUs)) ?? -Infinity;
  const inFlight = sends.length > 0 && lastSendUs > lastAckUs ? 1 : 0;
  const lostCount = sends.length - inFlight - acks.length;
  return lostCount < 0 ? {} : { lostCount };
}
