/** What a soak leaves in `soak.jsonl`, one JSON object a line: a begin, a slice each time a part of it is over, an end. */
import type { HostNs } from '../time/clock.ts';
import type { Span } from './events.ts';
import type { Subject } from './evidence.ts';

export interface SoakBegin {
  readonly kind: 'soak-begin';
  readonly hostNs: HostNs;
  /** How long it is to last, and each of its slices. */
  readonly soakMs: number;
  readonly sliceMs: number;
}

/** One part of a soak, in figures: all that is kept of it for good. It begins and ends with a datagram where it can. */
export interface SoakSlice extends Span {
  readonly kind: 'soak-slice';
  /** Counts from 0. */
  readonly index: number;
  /** Periods in it, and those of them that had no datagram. */
  readonly periodCount: number;
  readonly missingCount: number;
  /** Datagrams whose ack the device did not log. */
  readonly unackedCount: number;
  /** So many of these two this host may have brought about itself: it dropped datagrams, or held up the board that runs on it. */
  readonly excusedCount: number;
  /** By the datagrams that were delayed least. Absent where no single period fits. */
  readonly periodMs?: number;
  /** Median on the device's clock. Absent when no ack can be paired with its send for sure. */
  readonly rttMedianUs?: number;
  /** Least free heap that the device told in it; absent when it tells none. */
  readonly heapFreeBytes?: number;
  /** What the harness itself takes of this host's memory. */
  readonly harnessBytes: number;
}

export interface SoakEnd {
  readonly kind: 'soak-end';
  readonly hostNs: HostNs;
}

export type SoakEvent = SoakBegin | SoakSlice | SoakEnd;

/** A soak as claims see it: plain data, from a bench or from a record alike. */
export interface SoakEvidence extends Pick<Subject, 'nominalPeriodMs' | 'confidence'> {
  /** How long it was to last. */
  readonly soakMs: number;
  readonly slices: readonly SoakSlice[];
}
