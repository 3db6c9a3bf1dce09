import { largest, medianAbsoluteDeviation } from './statistics.ts';

export interface PeriodTestOptions {
  readonly nominalMs: number;
  /** Smallest error of the period that must be found. Smaller ones may be decided either way. */
  readonly effectMs: number;
  /** Probability to call a period off that is as promised, 0 to 1. */
  readonly falseAlarm: number;
  /** Probability to call a period as promised that is off by `effectMs` or more, 0 to 1. */
  readonly miss: number;
}

export type PeriodDecision = 'as-promised' | 'off' | 'open';

/**
 * Fewest intervals that anything is decided on, and the finest scale that is believed: two or three delays can be alike by
 * chance, and a scale of nothing would make the least delay an error of the period.
 */
const FEWEST_INTERVALS = 9;
const FINEST_SCALE_MS = 0.05;

/**
 * Is the period as promised, or off by `effectMs` at least? May be asked again with each new interval: whoever stops at the
 * first answer that is not `open` is wrong no more often than stated.
 *
 * A sequential probability ratio test. The ratio for "off" is the mean of those of periods off by 1, 2, 4 … 128 times the
 * effect, to either side: were the period as promised, it would exceed 1/`falseAlarm` at any time with that
 * probability at most (Ville's inequality). The ratio for "as promised" is held against the two smallest of them, as Wald has it.
 *
 * Delays on a busy host are nothing like normal: a test that took them so would be wrong 2 to 14 times in 100 where 1 in 1000
 * is stated. Their density here is Student's t with 2 degrees of freedom, as wide as their own median deviation.
 *
 * @param intervalsMs - time per period between neighbouring sends; across a missing send, half of it
 * @see A. Wald, "Sequential Tests of Statistical Hypotheses", Ann. Math. Statist. 16 (1945)
 */
export function testPeriod(
  intervalsMs: readonly number[],
  { nominalMs, effectMs, falseAlarm, miss }: PeriodTestOptions,
): PeriodDecision {
  if (intervalsMs.length < FEWEST_INTERVALS) return 'open';
  const errorsMs = intervalsMs.map((interval) => interval - nominalMs);
  const scaleMs = Math.max(FINEST_SCALE_MS, medianAbsoluteDeviation(errorsMs) ?? 0);
  const logRatio = (offMs: number) =>
    errorsMs.reduce(
      (sum, error) => sum + logDensity((error - offMs) / scaleMs) - logDensity(error / scaleMs),
      0,
    );
  const alternatives = MULTIPLES.flatMap((multiple) => [multiple * effectMs, -multiple * effectMs]);
  const logRatios = alternatives.map(logRatio);
  if (logMean(logRatios) >= -Math.log(falseAlarm)) return 'off';
  const [later = 0, earlier = 0] = logRatios;
  return Math.max(later, earlier) <= Math.log(miss) ? 'as-promised' : 'open';
}

const MULTIPLES = [1, 2, 4, 8, 16, 32, 64, 128];

/** Student's t with 2 degrees of freedom, less a constant that cancels in a ratio. */
function logDensity(t: number): number {
  return -1.5 * Math.log(2 + t * t);
}

/** Logarithm of the mean of values given by their logarithms; they may be too large to be written out. */
function logMean(logs: readonly number[]): number {
  const most = largest(logs) ?? 0;
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}
