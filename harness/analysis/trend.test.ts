import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.ts';
import { certainChange, findTrend, type Point } from './trend.ts';

/** Noise as slices have it: mostly small, sometimes anything. */
function noisy(count: number, slope: number, seed: number): Point[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, x) => ({
    x,
    y: slope * x + random() + random() - 1 + (random() < 0.05 ? 50 * (random() - 0.5) : 0),
  }));
}

describe('findTrend', () => {
  it('finds the slope of a line, and is sure of it', () => {
    const trend = findTrend(
      Array.from({ length: 20 }, (_, x) => ({ x: 10 * x, y: 3 - 2 * x })),
      0.999,
    );
    expect(trend?.slope).toBeCloseTo(-0.2, 12);
    expect(trend?.low).toBeCloseTo(-0.2, 12);
    expect(trend?.high).toBeCloseTo(-0.2, 12);
  });

  it('agrees with Sen’s interval of ten points, by hand', () => {
    // Of 45 slopes; Kendall's deviation is √125, at 95 % 21.9 pairs: the 11th from below and the 11th from above.
    const ys = [9, 15, 19, 20, 45, 55, 78, 77, 80, 76];
    const slopes = ys
      .flatMap((a, i) => ys.slice(i + 1).map((b, j) => (b - a) / (j + 1)))
      .sort((a, b) => a - b);
    const trend = findTrend(
      ys.map((y, x) => ({ x, y })),
      0.95,
    );
    expect(trend).toMatchObject({ slope: slopes[22], low: slopes[10], high: slopes[34] });
  });

  it('says nothing of fewer than ten points', () => {
    expect(findTrend(noisy(9, 1, 1), 0.9)).toBeUndefined();
    expect(findTrend(noisy(10, 1, 1), 0.999)).toBeDefined();
  });

  it.each([20, 60, 65])('of %i points without a trend claims one no more often than it says', (count) => {
    const runs = 1000;
    const alarms = Array.from({ length: runs }, (_, seed) =>
      findTrend(noisy(count, 0, seed + 1), 0.99),
    ).filter((trend) => trend === undefined || certainChange(trend, 1) !== 0);
    // 1 % of 1000 is 10; 25 of them would come by chance once in 20,000 times.
    expect(alarms.length).toBeLessThan(25);
  });

  it.each([20, 60, 480])('of %i points with one finds it, with the right sign', (count) => {
    for (let seed = 1; seed <= 200; seed++) {
      const trend = findTrend(noisy(count, -8 / count, seed), 0.999);
      const change = trend && certainChange(trend, count);
      expect(change).toBeLessThan(0);
      expect(change).toBeGreaterThan(-8.5);
    }
  });
});
