import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  largest,
  mean,
  median,
  medianAbsoluteDeviation,
  quantile,
  smallest,
  standardDeviation,
} from './statistics.ts';

describe('quantile', () => {
  // Computed by hand from the definition: h = (n − 1) p, linear between the neighbours of h.
  test.each([
    [[7], 0.5, 7],
    [[1, 2, 3, 4], 0, 1],
    [[1, 2, 3, 4], 0.25, 1.75],
    [[1, 2, 3, 4], 0.5, 2.5],
    [[1, 2, 3, 4], 1, 4],
    [[4, 1, 3, 2], 0.75, 3.25],
    [[10, 20, 30, 40, 50], 0.9, 46],
    [[15, 20, 35, 40, 50], 0.4, 29],
  ])('of %j at %d is %d', (values, p, expected) => {
    expect(quantile(values, p)).toBeCloseTo(expected, 12);
  });

  test('lies between smallest and largest, and grows with p', () => {
    const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1 });
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, p, p, (sample, a, b) => {
        const low = quantile(sample, Math.min(a, b)) ?? NaN;
        const high = quantile(sample, Math.max(a, b)) ?? NaN;
        expect(low).toBeGreaterThanOrEqual(smallest(sample) ?? NaN);
        expect(high).toBeLessThanOrEqual(largest(sample) ?? NaN);
        expect(low).toBeLessThanOrEqual(high + 1e-6);
      }),
    );
  });

  test('leaves its argument in order', () => {
    const values = [3, 1, 2];
    quantile(values, 0.5);
    expect(values).toEqual([3, 1, 2]);
  });
});

test('figures of 2, 4, 4, 4, 5, 5, 7, 9, by hand', () => {
  const values = [2, 4, 4, 4, 5, 5, 7, 9];
  expect(mean(values)).toBe(5);
  expect(median(values)).toBe(4.5);
  expect(medianAbsoluteDeviation(values)).toBe(0.5);
  // 32 / 7
  expect(standardDeviation(values)).toBeCloseTo(2.1380899, 6);
  expect(smallest(values)).toBe(2);
  expect(largest(values)).toBe(9);
});

test('an empty sample has no figures', () => {
  for (const figure of [mean, median, medianAbsoluteDeviation, standardDeviation, smallest, largest]) {
    expect(figure([])).toBeUndefined();
  }
  expect(quantile([], 0.5)).toBeUndefined();
  expect(standardDeviation([1])).toBeUndefined();
});

test('a long run does not overflow the stack', () => {
  const values = Array.from({ length: 500_000 }, (_, i) => i);
  expect([smallest(values), largest(values)]).toEqual([0, 499_999]);
});
