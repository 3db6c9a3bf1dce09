import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';
import { standardErrorOf } from './standard-error.ts';
import { mean, median, standardDeviation } from './statistics.ts';

type Series = (random: () => number, length: number) => number[];

const gaussian = (random: () => number) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const independent: Series = (random, length) => Array.from({ length }, () => gaussian(random));
/** Each value keeps `memory` of the one before. */
const dependent =
  (memory: number): Series =>
  (random, length) => {
    let state = 0;
    return Array.from({ length }, () => (state = memory * state + gaussian(random)));
  };
/** One in ten comes far later. */
const tailed: Series = (random, length) =>
  independent(random, length).map((value) => (random() < 0.1 ? value + 30 * random() : value));

describe.each<[string, Series]>([
  ['independent values', independent],
  ['values that depend on the one before', dependent(0.5)],
  ['values with a tail', tailed],
])('the error of a median of 100 %s', (_, series) => {
  it('is, on average, what medians of such samples differ by', () => {
    const random = seededRandom(7);
    const truth =
      standardDeviation(Array.from({ length: 600 }, () => median(series(random, 100)) ?? NaN)) ?? NaN;
    const told = Array.from({ length: 30 }, () => standardErrorOf(series(random, 100), median) ?? NaN);
    expect((mean(told) ?? NaN) / truth).toBeGreaterThan(0.75);
    expect((mean(told) ?? NaN) / truth).toBeLessThan(1.5);
  });
});

it('of a long sample is found without resampling it, and is the same', () => {
  const values = dependent(0.5)(seededRandom(3), 6000);
  const whole = standardErrorOf(values, median) ?? NaN;
  const part = standardErrorOf(values.slice(0, 3000), median) ?? NaN;
  // Half of the sample: √2 times the error.
  expect(part / whole).toBeGreaterThan(1);
  expect(part / whole).toBeLessThan(2);
});

it('is the same again for the same sample', () => {
  const values = independent(seededRandom(5), 50);
  expect(standardErrorOf(values, median)).toBe(standardErrorOf([...values], median));
});

it('does not exist for a handful', () => {
  expect(standardErrorOf([1, 2, 3], median)).toBeUndefined();
});
