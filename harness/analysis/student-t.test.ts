import { describe, expect, test } from 'vitest';
import { studentTCdf, studentTQuantile } from './student-t.ts';

describe('studentTQuantile', () => {
  // Abramowitz & Stegun, table 26.10.
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.995, 9, 3.25],
    [0.9995, 9, 4.781],
    [0.95, 10, 1.812],
    [0.975, 30, 2.042],
    [0.995, 120, 2.617],
  ])('%d at %d degrees of freedom is %d', (p, degrees, expected) => {
    expect(studentTQuantile(p, degrees)).toBeCloseTo(expected, 3);
  });

  test('is symmetric and inverts the distribution', () => {
    for (const degrees of [1, 2, 5, 8, 31]) {
      expect(studentTQuantile(0.5, degrees)).toBeCloseTo(0, 9);
      expect(studentTQuantile(0.01, degrees)).toBeCloseTo(-studentTQuantile(0.99, degrees), 9);
      expect(studentTCdf(studentTQuantile(0.999, degrees), degrees)).toBeCloseTo(0.999, 9);
    }
  });
});
