import { defined } from './defined.ts';
import { largest, quantile, smallest } from './statistics.ts';

/** A datagram whose send and arrival are known to belong together. Two clocks: only differences of each mean something. */
export interface Passage {
  readonly sentUs: number;
  readonly arrivedUs: number;
  /** Counts sends: only neighbours make a difference of delays. */
  readonly seq: number;
}

/**
 * How the delay on the way varies. One-way delays themselves need a common clock; their differences don't: an offset cancels,
 * and a skew of 100 ppm adds 10 µs over a period. Absent figures: nothing to make them from.
 */
export interface DelayVariation {
  /** Pairs of neighbouring sends that both arrived. */
  readonly pairCount: number;
  /** Delay less that of the send before. @see RFC 3393, IPDV with the selection function "consecutive packets" */
  readonly ipdv: {
    readonly minUs?: number;
    readonly p50Us?: number;
    readonly p95AbsoluteUs?: number;
    readonly p99AbsoluteUs?: number;
    readonly maxUs?: number;
  };
  /**
   * Smoothed mean of the absolute differences, as it was at the end and at its largest. It forgets with the last 16
   * datagrams: for display, never for a verdict. @see RFC 3550, section 6.4.1 and appendix A.8
   */
  readonly interarrivalJitterUs?: number;
  readonly interarrivalJitterMaxUs?: number;
}

/** @param passages - in the order of their sends, none of them a guess */
export function analyseDelayVariation(passages: readonly Passage[]): DelayVariation {
  const differencesUs = passages.flatMap((passage, at) => {
    const before = passages[at - 1];
    if (before === undefined || passage.seq - before.seq !== 1) return [];
    return [passage.arrivedUs - before.arrivedUs - (passage.sentUs - before.sentUs)];
  });
  const absoluteUs = differencesUs.map(Math.abs);
  let jitterUs = 0;
  const jittersUs = absoluteUs.map((difference) => (jitterUs += (difference - jitterUs) / 16));
  return {
    pairCount: differencesUs.length,
    ipdv: defined({
      minUs: smallest(differencesUs),
      p50Us: quantile(differencesUs, 0.5),
      p95AbsoluteUs: quantile(absoluteUs, 0.95),
      p99AbsoluteUs: quantile(absoluteUs, 0.99),
      maxUs: largest(differencesUs),
    }),
    ...defined({ interarrivalJitterUs: jittersUs.at(-1), interarrivalJitterMaxUs: largest(jittersUs) }),
  };
}
