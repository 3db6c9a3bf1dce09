import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floorLine, lowerHull, upperHull } from './lower-hull.ts';

const points = fc
  .uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 60 })
  .chain((xs) =>
    fc.tuple(...xs.toSorted((a, b) => a - b).map((x) => fc.record({ x: fc.constant(x), y: fc.integer() }))),
  );

describe('lowerHull', () => {
  test('by hand', () => {
    const square = [
      { x: 0, y: 0 },
      { x: 1, y: 2 },
      { x: 2, y: -1 },
      { x: 3, y: 1 },
      { x: 4, y: 0 },
    ];
    expect(lowerHull(square)).toEqual([square[0], square[2], square[4]]);
    expect(upperHull(square)).toEqual([square[0], square[1], square[3], square[4]]);
    expect(lowerHull([])).toEqual([]);
  });
});

describe('floorLine', () => {
  test('rests on two points and lies above none', () => {
    fc.assert(
      fc.property(points, (sample) => {
        const line = floorLine(sample);
        if (line === undefined) throw new Error('no line');
        const heights = sample.map(({ x, y }) => y - (line.intercept + line.slope * x));
        const scale = Math.max(...sample.map(({ y }) => Math.abs(y)), 1);
        expect(Math.min(...heights)).toBeGreaterThanOrEqual(-1e-9 * scale);
        expect(sample).toEqual(expect.arrayContaining([...line.restsOn]));
      }),
      { seed: 3 },
    );
  });

  test('of less than two points there is none', () => {
    expect(floorLine([])).toBeUndefined();
    expect(floorLine([{ x: 0, y: 0 }])).toBeUndefined();
  });
});
