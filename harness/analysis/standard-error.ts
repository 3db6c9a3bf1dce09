import { seededRandom } from './seeded-random.ts';
import { standardDeviation } from './statistics.ts';

/** What neighbours have in common (a busy second, a bad moment of the radio) lasts about as long. */
const BLOCK_LENGTH = 10;
const RESAMPLES = 400;
/** From here on the sample is cut into batches instead: resampling it would take seconds and tell the same. */
const LONG_SAMPLE = 4000;
const BATCHES = 50;
/** The same sample has the same error, whenever and wherever it is judged. */
const SEED = 1;

/**
 * Standard error of a figure of values that depend on their neighbours, by the circular block bootstrap.
 *
 * @param figure - of values in any order, such as their median
 * @returns `undefined` for less than two blocks of values
 * @see D. N. Politis & J. P. Romano, "A circular block-resampling procedure for stationary data" (1992)
 */
export function standardErrorOf(
  values: readonly number[],
  figure: (values: readonly number[]) => number | undefined,
): number | undefined {
  if (values.length < 2 * BLOCK_LENGTH) return undefined;
  if (values.length >= LONG_SAMPLE) return errorByBatches(values, figure);
  const random = seededRandom(SEED);
  const figures = Array.from({ length: RESAMPLES }, () => figure(resampleBlocks(values, random)) ?? NaN);
  return standardDeviation(figures);
}

function resampleBlocks(values: readonly number[], random: () => number): number[] {
  const resampled: number[] = [];
  while (resampled.length < values.length) {
    const from = Math.floor(random() * values.length);
    const length = Math.min(BLOCK_LENGTH, values.length - resampled.length);
    for (let at = from; at < from + length; at++) resampled.push(values[at % values.length] ?? 0);
  }
  return resampled;
}

function errorByBatches(
  values: readonly number[],
  figure: (values: readonly number[]) => number | undefined,
): number | undefined {
  const size = Math.floor(values.length / BATCHES);
  const figures = Array.from(
    { length: BATCHES },
    (_, batch) => figure(values.slice(batch * size, (batch + 1) * size)) ?? NaN,
  );
  const deviation = standardDeviation(figures);
  return deviation === undefined ? undefined : deviation / Math.sqrt(BATCHES);
}
