/** What a cadence's irregularities look like, in words: for the findings of claims. */
import type { Cadence } from './cadence.ts';
import { neighbours } from './neighbours.ts';
import { largest, median } from './statistics.ts';

/** At least so many of something, and this share of them as far apart as usual, make it regular. */
const FEWEST_TO_RECUR = 3;
const LEAST_ALIKE = 0.6;

/** "period is 102.0 ms: 2.0 ms longer than promised"; an error below 1 ms with two digits of it. */
export function describePeriod(periodMs: number, nominalMs: number): string {
  const offMs = Number(Math.abs(periodMs - nominalMs).toPrecision(2));
  const decimals = offMs === 0 ? 1 : Math.min(6, Math.max(1, 1 - Math.floor(Math.log10(offMs))));
  const direction = periodMs > nominalMs ? 'longer' : 'shorter';
  return `period is ${periodMs.toFixed(decimals)} ms: ${offMs.toFixed(decimals)} ms ${direction} than promised`;
}

/**
 * Every how many things happen that were seen at these places; `undefined` when they don't come back regularly.
 *
 * @param places - ascending, counted in sends or periods
 */
export function findRecurrence(places: readonly number[]): number | undefined {
  const steps = neighbours(places, (a, b) => b - a);
  const usual = median(steps);
  if (usual === undefined || usual < 2 || places.length < FEWEST_TO_RECUR) return undefined;
  const alike = steps.filter((step) => step === usual).length;
  return alike >= LEAST_ALIKE * steps.length ? usual : undefined;
}

/** ": every 10th", ": none in the last 1.3 s"; empty when there is nothing to add to the number that is missing. */
export function describeMissing({ gaps, sampleCount, medianMs, nominalMs }: Cadence): string {
  const periodMs = medianMs ?? nominalMs;
  const last = gaps.at(-1);
  if (last?.index === sampleCount - 1)
    return `: none in the last ${round((last.missing * periodMs) / 1000, 2)} s`;
  const every = findRecurrence(gaps.map(({ atMs }) => Math.round(atMs / periodMs)));
  return every === undefined ? '' : `: every ${ordinal(every)}`;
}

/**
 * What is behind sends that are not on time: "; datagrams come 5 at a time", "; every 25th send is late, by 80 ms",
 * "; 3 bursts of up to 6"; empty where nothing is regular about it.
 */
export function describeDisorder({ late, bursts, sampleCount }: Cadence): string {
  const together = bursts.map(({ count }) => count);
  const usual = median(together);
  const most = largest(together);
  const inBursts = together.reduce((sum, count) => sum + count, 0);
  if (usual !== undefined && inBursts >= LEAST_ALIKE * sampleCount) {
    return `; datagrams come ${usual} at a time`;
  }
  const every = findRecurrence(late.map(({ index }) => index));
  const usualMs = median(late.map(({ lateMs }) => lateMs));
  if (every !== undefined && usualMs !== undefined) {
    return `; every ${ordinal(every)} send is late, by ${round(usualMs, 3)} ms`;
  }
  return most === undefined
    ? ''
    : `; ${bursts.length} burst${bursts.length === 1 ? '' : 's'} of up to ${most}`;
}

function ordinal(n: number): string {
  const teen = n % 100 > 10 && n % 100 < 14;
  const ending = ['th', 'st', 'nd', 'rd'][teen ? 0 : n % 10] ?? 'th';
  return `${n}${ending}`;
}

function round(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}
