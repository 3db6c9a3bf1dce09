import { defined } from './defined.ts';
import { estimateFloorPeriod, type FloorPeriod } from './floor-period.ts';
import {
  findBursts,
  findGaps,
  findLate,
  findSilences,
  type Burst,
  type Gap,
  type LateSend,
} from './irregularities.ts';
import { batchesOf, batchMeansInterval, type ConfidenceInterval } from './mean-interval.ts';
import { neighbours } from './neighbours.ts';
import { testPeriod, type PeriodDecision } from './period-test.ts';
import { findPhaseSteps, type PhaseStep } from './phase-step.ts';
import { assignSlots, type SlottedSend } from './send-slots.ts';
import { largest, median, medianAbsoluteDeviation, quantile, smallest } from './statistics.ts';
import { recogniseTickError, type TickError } from './tick-grid.ts';
import type { Timeline } from './timeline.ts';

export interface CadenceOptions {
  /** Period that was promised. */
  readonly nominalMs: number;
  /** Confidence of the mean's interval and of the decision about the period, 0 to 1. Default 0.999. */
  readonly confidence?: number;
  /** Smallest phase step that is listed. Default: half a tick of 100 Hz, 5 ms. */
  readonly phaseStepThresholdMs?: number;
}

/**
 * How regularly something was sent, seen by one clock. Figures that the data doesn't support are absent.
 * Intervals are between neighbours; a missing send is a gap and makes neither the mean longer nor the spread wider.
 */
export interface Cadence {
  readonly clock: Timeline['clock'];
  readonly nominalMs: number;
  /** Sends seen. */
  readonly sampleCount: number;
  /** How far any instant can be from the truth. */
  readonly stampBoundUs: number;

  /**
   * From the first sends to the last ones, divided by the periods between them (a missing send counts as one). Both
   * ends are medians of nine, so that one late send at an end doesn't make all periods longer; of less than 18
   * sends, the first and the last one.
   */
  readonly meanMs?: number;
  /** Where the mean of the process lies that was watched; from 20 intervals on. */
  readonly meanInterval?: ConfidenceInterval;
  /** Is the period as promised, or off by 1 % or more? Each is wrong with the probability 1 − `confidence` at most. */
  readonly periodDecision: PeriodDecision;
  readonly medianMs?: number;
  /** Shortest and longest interval as seen, gaps and bursts included. */
  readonly minMs?: number;
  readonly maxMs?: number;
  /** Of the intervals as seen, too. */
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  /** Median absolute deviation of the intervals. */
  readonly madMs?: number;
  /** How far intervals are from the mean period (from `k` of them across a gap of `k` − 1 sends). */
  readonly deviationP95Ms?: number;
  readonly deviationP99Ms?: number;
  readonly deviationMaxMs?: number;
  /** The sender's period, freed from the delays on the way; absent where no single period fits. */
  readonly floorPeriod?: FloorPeriod;

  readonly gaps: readonly Gap[];
  /** Sends that came more than half a period behind the schedule, and were followed by one that caught up. */
  readonly late: readonly LateSend[];
  readonly bursts: readonly Burst[];
  /** Sends beyond the schedule: more of them than periods. */
  readonly extraCount: number;
  /** Largest change of phase, noise included; from 18 sends on. */
  readonly phaseStepMaxMs?: number;
  readonly phaseSteps: readonly PhaseStep[];
  readonly tickError?: TickError;
}

/** As for `findPhaseSteps`: four late sends don't move a median of nine. */
const END_SENDS = 9;
/** Smallest error of the period that is decided upon, as a share of it. */
const PERIOD_EFFECT = 0.01;

/** Judges how regularly something was sent. */
export function analyseCadence(timeline: Timeline, options: CadenceOptions): Cadence {
  const { nominalMs, confidence = 0.999, phaseStepThresholdMs = 5 } = options;
  const { atMs } = timeline;
  const intervals = neighbours(atMs, (a, b) => b - a);
  const seen = {
    clock: timeline.clock,
    nominalMs,
    sampleCount: atMs.length,
    stampBoundUs: timeline.boundUs,
    ...defined({
      minMs: smallest(intervals),
      maxMs: largest(intervals),
      medianMs: median(intervals),
      p95Ms: quantile(intervals, 0.95),
      p99Ms: quantile(intervals, 0.99),
      madMs: medianAbsoluteDeviation(intervals),
    }),
    bursts: findBursts(atMs, nominalMs),
  };
  const slots = assignSlots(atMs, nominalMs);
  if (slots === undefined) {
    const meanMs = intervals[0];
    const gaps = findSilences(timeline, nominalMs);
    return {
      ...seen,
      ...defined({ meanMs }),
      periodDecision: 'open',
      gaps,
      late: [],
      extraCount: 0,
      phaseSteps: [],
    };
  }

  const { sends, extras } = slots;
  const perPeriod = neighbours(sends, (a, b) => (b.atMs - a.atMs) / (b.slot - a.slot));
  const periodMs = median(perPeriod) ?? slots.periodMs;
  // A burst at an end would pull the mean of the ends.
  const meanMs = slots.inBursts ? slots.periodMs : overallMean(sends, periodMs);
  const { largestMs, steps } = findPhaseSteps(sends, meanMs ?? periodMs, phaseStepThresholdMs);
  const whole = neighbours(sends, (a, b) => (b.slot - a.slot === 1 ? [b.atMs - a.atMs] : [])).flat();
  const deviations = neighbours(sends, (a, b) =>
    Math.abs(b.atMs - a.atMs - (b.slot - a.slot) * (meanMs ?? periodMs)),
  );
  return {
    ...seen,
    ...defined({
      meanMs,
      meanInterval: meanInterval(sends, confidence),
      deviationP95Ms: quantile(deviations, 0.95),
      deviationP99Ms: quantile(deviations, 0.99),
      deviationMaxMs: largest(deviations),
      // A line can't be laid under two levels: its slope would be that of the step.
      floorPeriod: steps.length === 0 ? estimateFloorPeriod(sends, nominalMs, timeline.boundUs) : undefined,
      phaseStepMaxMs: largestMs,
      tickError: meanMs === undefined ? undefined : recogniseTickError(whole, meanMs, nominalMs),
    }),
    periodDecision: testPeriod(perPeriod, {
      nominalMs,
      effectMs: PERIOD_EFFECT * nominalMs,
      falseAlarm: 1 - confidence,
      miss: 1 - confidence,
    }),
    gaps: [...findGaps(sends), ...findSilences(timeline, periodMs)].sort((a, b) => a.atMs - b.atMs),
    late: findLate(slots, periodMs),
    extraCount: extras.length,
    phaseSteps: steps,
  };
}

function overallMean(sends: readonly SlottedSend[], periodMs: number): number | undefined {
  const endSends = sends.length < 2 * END_SENDS ? 1 : END_SENDS;
  const first = endOf(sends.slice(0, endSends), periodMs);
  const last = endOf(sends.slice(-endSends), periodMs);
  if (first === undefined || last === undefined || last.slot === first.slot) return undefined;
  return periodMs + (last.phaseMs - first.phaseMs) / (last.slot - first.slot);
}

/** Middle slot of a few sends and their usual phase. */
function endOf(
  sends: readonly SlottedSend[],
  periodMs: number,
): { readonly slot: number; readonly phaseMs: number } | undefined {
  const slot = median(sends.map((send) => send.slot));
  const phaseMs = median(sends.map((send) => send.atMs - send.slot * periodMs));
  return slot === undefined || phaseMs === undefined ? undefined : { slot, phaseMs };
}

function meanInterval(sends: readonly SlottedSend[], confidence: number): ConfidenceInterval | undefined {
  const steps = neighbours(sends, (a, b) => ({ ms: b.atMs - a.atMs, slots: b.slot - a.slot }));
  const batches = batchesOf(steps).map((batch) => {
    const total = batch.reduce((sum, { ms, slots }) => ({ ms: sum.ms + ms, slots: sum.slots + slots }));
    return total.ms / total.slots;
  });
  return batchMeansInterval(batches, confidence);
}
