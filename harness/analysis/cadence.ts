import { defined } from './defined.ts';
import { floorLine, type Point } from './lower-hull.ts';
import { batchesOf, batchMeansInterval, type ConfidenceInterval } from './mean-interval.ts';
import { findPhaseSteps, type PhaseStep } from './phase-step.ts';
import { assignSlots, type SendSlots, type SlottedSend } from './send-slots.ts';
import { largest, median, medianAbsoluteDeviation, quantile, smallest } from './statistics.ts';
import { recogniseTickError, type TickError } from './tick-grid.ts';
import type { Timeline } from './timeline.ts';

export interface CadenceOptions {
  /** Period that was promised. */
  readonly nominalMs: number;
  /** Confidence of the mean's interval, 0 to 1. Default 0.999. */
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
  readonly medianMs?: number;
  /** Shortest and longest interval as seen, gaps and bursts included. */
  readonly minMs?: number;
  readonly maxMs?: number;
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

/** The period as the sender's clock makes it, by the line that all arrivals lie above (see `floorLine`). */
export interface FloorPeriod {
  readonly periodMs: number;
  /** Against nominal: (period / nominal − 1) · 10⁶. */
  readonly errorPpm: number;
  /** How far `periodMs` and `errorPpm` can be off, in ppm: what the delays would allow. */
  readonly boundPpm: number;
  /** How much later than the line sends arrived (RFC 5481, PDV): median, 99th percentile, largest. */
  readonly delayVariationMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Sends that are missing between two that were seen, or in a silence before the first or after the last. */
export interface Gap {
  /** Index of the send before; −1 when there is none. */
  readonly index: number;
  /** When the gap begins: at the send before, or when the watch began. */
  readonly atMs: number;
  readonly missing: number;
}

export interface LateSend {
  readonly index: number;
  readonly atMs: number;
  readonly lateMs: number;
}

/** Neighbours that came within half a period of each other. */
export interface Burst {
  readonly index: number;
  readonly atMs: number;
  readonly count: number;
}

/** As for `findPhaseSteps`: four late sends don't move a median of nine. */
const END_SENDS = 9;
/** A silence at an end of the watch is one from here on; shorter ones are where the watch cut the schedule. */
const SILENT_PERIODS = 5;

/** Judges how regularly something was sent. */
export function analyseCadence(timeline: Timeline, options: CadenceOptions): Cadence {
  const { nominalMs, confidence = 0.999, phaseStepThresholdMs = 5 } = options;
  const { atMs } = timeline;
  const intervals = differences(atMs);
  const seen = {
    clock: timeline.clock,
    nominalMs,
    sampleCount: atMs.length,
    stampBoundUs: timeline.boundUs,
    ...defined({
      minMs: smallest(intervals),
      maxMs: largest(intervals),
      medianMs: median(intervals),
      madMs: medianAbsoluteDeviation(intervals),
    }),
    bursts: findBursts(atMs, nominalMs),
  };
  const slots = assignSlots(atMs, nominalMs);
  if (slots === undefined) {
    const meanMs = intervals[0];
    const gaps = findSilences(timeline, nominalMs);
    return { ...seen, ...defined({ meanMs }), gaps, late: [], extraCount: 0, phaseSteps: [] };
  }

  const { sends, extras } = slots;
  const perPeriod = neighbours(sends, (a, b) => (b.atMs - a.atMs) / (b.slot - a.slot));
  const periodMs = median(perPeriod) ?? slots.periodMs;
  const meanMs = overallMean(sends, periodMs);
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
      floorPeriod: steps.length === 0 ? floorPeriod(sends, nominalMs, timeline.boundUs) : undefined,
      phaseStepMaxMs: largestMs,
      tickError: meanMs === undefined ? undefined : recogniseTickError(whole, meanMs, nominalMs),
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

function floorPeriod(
  sends: readonly SlottedSend[],
  nominalMs: number,
  boundUs: number,
): FloorPeriod | undefined {
  const points: Point[] = sends.map(({ slot, atMs }) => ({ x: slot, y: atMs }));
  const line = floorLine(points);
  if (line === undefined || points.length < 20) return undefined;
  const delays = points.map(({ x, y }) => y - (line.intercept + line.slope * x));
  const [a, b] = line.restsOn;
  // Both ends rest on the least delayed sends of their half, which differ by less than the usual delay; and where the
  // least delay changes with the host's load, the halves by themselves have another slope.
  const restsWithinMs = (median(delays) ?? 0) + boundUs / 1e3;
  const half = Math.floor(points.length / 2);
  const halfSlopes = [floorLine(points.slice(0, half))?.slope, floorLine(points.slice(half))?.slope];
  const disagreements = halfSlopes.map((slope) => Math.abs((slope ?? line.slope) - line.slope));
  const slopeBoundMs = Math.max(restsWithinMs / (b.x - a.x), ...disagreements);
  return {
    periodMs: line.slope,
    errorPpm: (line.slope / nominalMs - 1) * 1e6,
    boundPpm: (slopeBoundMs / nominalMs) * 1e6,
    delayVariationMs: {
      p50: quantile(delays, 0.5) ?? 0,
      p99: quantile(delays, 0.99) ?? 0,
      max: largest(delays) ?? 0,
    },
  };
}

function findGaps(sends: readonly SlottedSend[]): Gap[] {
  return neighbours(sends, (a, b) =>
    b.slot - a.slot > 1 ? [{ index: a.index, atMs: a.atMs, missing: b.slot - a.slot - 1 }] : [],
  ).flat();
}

/** Sends that are missing before the first and after the last one, if it is clear that there should be some. */
function findSilences({ atMs, watchedMs }: Timeline, periodMs: number): Gap[] {
  if (watchedMs === undefined) return [];
  const { from, to } = watchedMs;
  const first = atMs[0];
  const last = atMs.at(-1);
  const silences =
    first === undefined || last === undefined
      ? [{ index: -1, atMs: from, untilMs: to }]
      : [
          { index: -1, atMs: from, untilMs: first },
          { index: atMs.length - 1, atMs: last, untilMs: to },
        ];
  return silences
    .map(({ untilMs, ...gap }) => ({ ...gap, missing: Math.floor((untilMs - gap.atMs) / periodMs) }))
    .filter(({ missing }) => missing >= SILENT_PERIODS);
}

function findLate({ sends }: SendSlots, periodMs: number): LateSend[] {
  const phases = sends.map(({ slot, atMs }) => atMs - slot * periodMs);
  return sends.flatMap(({ index, atMs }, i) => {
    const usual = median(phases.slice(Math.max(0, i - 4), i + 5)) ?? 0;
    const lateMs = (phases[i] ?? 0) - usual;
    return lateMs > periodMs / 2 ? [{ index, atMs, lateMs }] : [];
  });
}

function findBursts(atMs: readonly number[], nominalMs: number): Burst[] {
  const bursts: { index: number; atMs: number; count: number }[] = [];
  atMs.forEach((at, index) => {
    if (index === 0 || at - (atMs[index - 1] ?? 0) >= nominalMs / 2)
      bursts.push({ index, atMs: at, count: 0 });
    const burst = bursts.at(-1);
    if (burst !== undefined) burst.count += 1;
  });
  return bursts.filter(({ count }) => count > 1);
}

function differences(values: readonly number[]): number[] {
  return neighbours(values, (a, b) => b - a);
}

function neighbours<T, R>(values: readonly T[], combine: (a: T, b: T) => R): R[] {
  return values.slice(1).map((value, i) => combine(values[i] as T, value));
}
