import { mean, standardDeviation } from './statistics.ts';
import { studentTQuantile } from './student-t.ts';

/** Where a mean lies, with a stated confidence. */
export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
  /** 0 to 1: the share of such intervals that hold the true mean. */
  readonly confidence: number;
  /** How many batches it stands on. */
  readonly batchCount: number;
}

/** 10 to 30 batches are advised; few and long ones are the least dependent. */
const BATCHES = 10;
const SMALLEST_BATCH = 2;

/**
 * Interval for the mean of values that depend on their neighbours, as intervals between sends do: one send that is
 * late makes one interval longer and the next one shorter, and a clock that drifts makes many longer. A formula for
 * independent values would be too wide in the first case and far too narrow in the second. The means of long batches
 * of neighbours depend much less on each other, so these are what counts.
 *
 * @param batches - values of each batch, in order, already as its mean
 * @returns `undefined` for less than two batches
 * @see B. Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30 (1982)
 */
export function batchMeansInterval(
  batches: readonly number[],
  confidence: number,
): ConfidenceInterval | undefined {
  const centre = mean(batches);
  const deviation = standardDeviation(batches);
  if (centre === undefined || deviation === undefined) return undefined;
  const t = studentTQuantile((1 + confidence) / 2, batches.length - 1);
  const half = (t * deviation) / Math.sqrt(batches.length);
  return { low: centre - half, high: centre + half, confidence, batchCount: batches.length };
}

/** Cuts values into 10 batches of equal length; a rest at the end is left out. Empty when there are too few. */
export function batchesOf<T>(values: readonly T[]): T[][] {
  const size = Math.floor(values.length / BATCHES);
  if (size < SMALLEST_BATCH) return [];
  return Array.from({ length: BATCHES }, (_, i) => values.slice(i * size, (i + 1) * size));
}
