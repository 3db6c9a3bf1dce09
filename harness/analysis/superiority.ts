import type { RunFigures } from '../record/run-figures.ts';

/**
 * How often a value of `these` is above one of `those`, less how often it is below: −1 to 1, 0 for equal distributions.
 *
 * @returns `undefined` when one of them is empty
 * @see N. Cliff, "Dominance statistics: ordinal analyses to answer ordinal questions", Psychological Bulletin 114 (1993)
 */
export function cliffsDelta(these: readonly number[], those: readonly number[]): number | undefined {
  if (these.length === 0 || those.length === 0) return undefined;
  let above = 0;
  for (const a of these) for (const b of those) above += Math.sign(a - b);
  return above / (these.length * those.length);
}

/** The effect in words that need no unit: of 100 pairs of round trips, in how many this run's is the longer one. */
export function describeSuperiority(
  run: RunFigures,
  baselineRuns: readonly RunFigures[],
): string | undefined {
  const before = baselineRuns.flatMap(({ roundTripQuantilesUs }) => roundTripQuantilesUs ?? []);
  const delta = cliffsDelta(run.roundTripQuantilesUs ?? [], before);
  if (delta === undefined) return undefined;
  return `of 100 pairs of round trips, this run’s is the longer one in ${Math.round(50 * (1 + delta))} (Cliff’s delta ${delta.toFixed(2)})`;
}
