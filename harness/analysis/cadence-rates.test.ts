/**
 * How often the figures of a 10 s window cry wolf on a busy host, and how often they miss a fault: windows of 100
 * periods with the noise of a shared 2-core machine (see testdata/trace.ts), far heavier than that of an idle one.
 */
import { describe, expect, test } from 'vitest';
import { analyseCadence, type Cadence } from './cadence.ts';
import { absoluteTrace, delays, type Delay, type TraceOptions } from './testdata/trace.ts';

/** Enough to see an error rate of 1 in 100, few enough for a second. The rates themselves are far lower. */
const WINDOWS = 150;

function windows(options: Partial<TraceOptions>): Cadence[] {
  return Array.from({ length: WINDOWS }, (_, i) =>
    analyseCadence(absoluteTrace({ count: 101, seed: i + 1, ...options }), { nominalMs: 100 }),
  );
}

describe.each(['idle', 'hogs', 'build'] as const)('on a host as busy as "%s"', (host) => {
  const delay = delays[host];

  test('a healthy sender is never suspected', () => {
    for (const cadence of windows({ delay })) {
      expect(Math.abs((cadence.meanMs ?? NaN) - 100)).toBeLessThan(0.1);
      expect(cadence.meanInterval?.low).toBeLessThan(100);
      expect(cadence.meanInterval?.high).toBeGreaterThan(100);
      expect(cadence.phaseStepMaxMs).toBeLessThan(2);
      expect(Math.abs(cadence.floorPeriod?.errorPpm ?? NaN)).toBeLessThan(10);
      expect(cadence).toMatchObject({ gaps: [], extraCount: 0, phaseSteps: [] });
      expect(cadence.tickError).toBeUndefined();
    }
  });

  test('one lost tick of 10 ms is always found', () => {
    for (const cadence of windows({ delay, steps: [{ at: 50, ms: 10 }] })) {
      expect(cadence.phaseSteps).toHaveLength(1);
      expect(cadence.phaseSteps[0]?.stepMs).toBeGreaterThan(9);
    }
  });

  test('one missing send is always found, and where', () => {
    for (const cadence of windows({ delay, missing: [50] })) {
      expect(cadence.gaps).toMatchObject([{ index: 49, missing: 1 }]);
    }
  });

  test('a period that is 1 % off is always found', () => {
    for (const cadence of windows({ delay, periodMs: 101 })) {
      expect(cadence.meanMs).toBeCloseTo(101, 1);
    }
  });

  test('a period that is 0.2 % off is always found', () => {
    for (const { floorPeriod } of windows({ delay, periodMs: 100.2 })) {
      expect(floorPeriod?.errorPpm).toBeGreaterThan(1000);
    }
  });

  test('a stall of 30 ms every 25 sends is always found', () => {
    let send = 0;
    const stalling: Delay = (random) => delay(random) + (send++ % 25 === 0 ? 30 : 0);
    for (const cadence of windows({ delay: stalling })) {
      expect(cadence.deviationP95Ms).toBeGreaterThan(25);
    }
  });

  test('sends that are each late by 0 to 12 ms, at random, are always found', () => {
    const jittering: Delay = (random) => delay(random) + 12 * random();
    for (const cadence of windows({ delay: jittering })) expect(cadence.madMs).toBeGreaterThan(2);
  });

  test('the period is found within its stated bound, 50 ppm of skew included', () => {
    for (const { floorPeriod } of windows({ delay, periodMs: 100.005 })) {
      if (floorPeriod === undefined) throw new Error('no floor period');
      expect(Math.abs(floorPeriod.errorPpm - 50)).toBeLessThan(Math.max(floorPeriod.boundPpm, 1));
    }
  });
});
