import fc from 'fast-check';
import { expect, test } from 'vitest';
import { analyseCadence } from './cadence.ts';
import { absoluteTrace, delays, relativeTrace } from './testdata/trace.ts';

const seed = fc.nat();
const delay = fc.constantFrom(delays.none, delays.idle, delays.hogs);
const runs = { seed: 11, numRuns: 100 };

test('gaps are found exactly, wherever sends are missing and whatever the period', () => {
  const missing = fc.uniqueArray(fc.integer({ min: 20, max: 180 }), { maxLength: 10 });
  const periodMs = fc.double({ min: 50, max: 200, noNaN: true });
  fc.assert(
    fc.property(seed, delay, missing, periodMs, (traceSeed, noise, gone, period) => {
      const trace = absoluteTrace({
        count: 201,
        seed: traceSeed,
        delay: noise,
        missing: gone,
        periodMs: period,
      });
      const { gaps, meanMs } = analyseCadence(trace, { nominalMs: period });
      expect(gaps.reduce((sum, gap) => sum + gap.missing, 0)).toBe(gone.length);
      expect(meanMs).toBeCloseTo(period, 0);
    }),
    runs,
  );
});

test('a skew of up to 500 ppm is found within the stated bound', () => {
  const skewPpm = fc.integer({ min: -500, max: 500 });
  fc.assert(
    fc.property(seed, delay, skewPpm, (traceSeed, noise, skew) => {
      const trace = absoluteTrace({
        count: 101,
        seed: traceSeed,
        delay: noise,
        periodMs: 100 * (1 + skew / 1e6),
      });
      const period = analyseCadence(trace, { nominalMs: 100 }).floorPeriod;
      expect(Math.abs((period?.errorPpm ?? NaN) - skew)).toBeLessThanOrEqual(
        (period?.boundPpm ?? NaN) + 0.01,
      );
    }),
    runs,
  );
});

test('a tick lost or doubled anywhere but near the ends is found and placed', () => {
  const step = fc.record({ at: fc.integer({ min: 12, max: 88 }), ms: fc.constantFrom(10, -10) });
  fc.assert(
    fc.property(seed, delay, step, (traceSeed, noise, { at, ms }) => {
      const trace = absoluteTrace({ count: 101, seed: traceSeed, delay: noise, steps: [{ at, ms }] });
      const { phaseSteps, gaps } = analyseCadence(trace, { nominalMs: 100 });
      expect(phaseSteps).toHaveLength(1);
      expect(phaseSteps[0]?.stepMs).toBeCloseTo(ms, 0);
      expect(Math.abs((phaseSteps[0]?.index ?? NaN) - at)).toBeLessThanOrEqual(2);
      expect(gaps).toEqual([]);
    }),
    runs,
  );
});

test('a period of whole ticks is named, whatever the noise', () => {
  const ticks = fc.integer({ min: 5, max: 30 }).filter((n) => n !== 10);
  fc.assert(
    fc.property(seed, delay, ticks, (traceSeed, noise, count) => {
      const trace = absoluteTrace({ count: 101, seed: traceSeed, delay: noise, periodMs: 10 * count });
      expect(analyseCadence(trace, { nominalMs: 100 }).tickError).toMatchObject({ ticks: count, share: 1 });
    }),
    runs,
  );
});

test('the interval for the mean holds the mean of senders that drift, too', () => {
  // Relative sleeps: the mean of the delays, 0.5 ms here, is part of the true period.
  const halfMs = (random: () => number) => -0.5 * Math.log(1 - random());
  const held = Array.from({ length: 200 }, (_, i) => {
    const trace = relativeTrace({ count: 101, seed: i + 1, delay: halfMs });
    const interval = analyseCadence(trace, { nominalMs: 100, confidence: 0.95 }).meanInterval;
    return interval !== undefined && interval.low <= 100.5 && interval.high >= 100.5;
  });
  const coverage = held.filter(Boolean).length / held.length;
  // 0.95 ± three standard errors of 200 trials.
  expect(coverage).toBeGreaterThan(0.904);
  expect(coverage).toBeLessThan(0.997);
});

test('anything ascending is taken without NaN', () => {
  const times = fc
    .array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 60 })
    .map((values) => values.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(times, (atMs) => {
      const text = JSON.stringify(analyseCadence({ clock: 'host', atMs, boundUs: 0 }, { nominalMs: 100 }));
      // JSON has no NaN and no infinity: they would stand there as null.
      expect(text).not.toContain('null');
    }),
  );
});
