import { describe, expect, test } from 'vitest';
import { analyseCadence } from './cadence.ts';
import { absoluteTrace, delays, seededRandom, timelineOf } from './testdata/trace.ts';

const NOMINAL = { nominalMs: 100 };

describe('a regular sender', () => {
  test('has the figures that it was made with', () => {
    const cadence = analyseCadence(absoluteTrace({ count: 101 }), NOMINAL);
    expect(cadence).toMatchObject({
      sampleCount: 101,
      meanMs: 100,
      medianMs: 100,
      minMs: 100,
      maxMs: 100,
      madMs: 0,
      deviationP99Ms: 0,
      gaps: [],
      late: [],
      bursts: [],
      extraCount: 0,
      phaseStepMaxMs: 0,
      phaseSteps: [],
    });
    expect(cadence.floorPeriod).toMatchObject({ periodMs: 100, errorPpm: 0, boundPpm: 0 });
    expect(cadence.meanInterval).toMatchObject({ low: 100, high: 100, batchCount: 10 });
    expect(cadence.tickError).toBeUndefined();
  });
});

describe('too little data has no figures, never 0 or NaN', () => {
  test.each([[[]], [[0]]])('%j', (atMs) => {
    expect(analyseCadence(timelineOf(atMs), NOMINAL)).toEqual({
      clock: 'host',
      nominalMs: 100,
      sampleCount: atMs.length,
      stampBoundUs: 0,
      gaps: [],
      late: [],
      bursts: [],
      extraCount: 0,
      periodDecision: 'open',
      phaseSteps: [],
    });
  });

  test('two instants make one interval', () => {
    expect(analyseCadence(timelineOf([0, 130]), NOMINAL)).toMatchObject({ meanMs: 130, minMs: 130 });
  });

  test('all at the same instant', () => {
    const cadence = analyseCadence(timelineOf([0, 0, 0, 0]), NOMINAL);
    expect(cadence.meanMs).toBe(0);
    expect(cadence.bursts).toEqual([{ index: 0, atMs: 0, count: 4 }]);
  });
});

describe('gaps, lateness and bursts', () => {
  test('a missing send is a gap and moves neither mean nor spread', () => {
    const cadence = analyseCadence(absoluteTrace({ count: 101, missing: [40] }), NOMINAL);
    expect(cadence.gaps).toEqual([{ index: 39, atMs: 3900, missing: 1 }]);
    expect(cadence).toMatchObject({ meanMs: 100, deviationMaxMs: 0, maxMs: 200, late: [] });
  });

  test('a send that is late by 70 ms is late, no gap', () => {
    const { atMs } = absoluteTrace({ count: 101 });
    const late = atMs.with(40, 4070);
    const cadence = analyseCadence(timelineOf(late), NOMINAL);
    expect(cadence.gaps).toEqual([]);
    expect(cadence.late).toEqual([{ index: 40, atMs: 4070, lateMs: 70 }]);
  });

  test('three sends held up and let go together are a burst and late, no gap', () => {
    const { atMs } = absoluteTrace({ count: 101 });
    const held = atMs.map((at) => (at >= 4000 && at < 4350 ? 4350 : at));
    const cadence = analyseCadence(timelineOf(held), NOMINAL);
    expect(cadence.gaps).toEqual([]);
    expect(cadence.extraCount).toBe(0);
    expect(cadence.bursts).toEqual([{ index: 40, atMs: 4350, count: 4 }]);
    expect(cadence.late.map(({ lateMs }) => Math.round(lateMs))).toEqual([350, 250, 150]);
  });

  test('a late send at an end is neither a gap nor a longer mean', () => {
    const { atMs } = absoluteTrace({ count: 101 });
    for (const [index, lateMs] of [
      [0, 45],
      [0, 70],
      [100, 60],
      [100, 90],
      [100, 100],
      [100, 180],
    ] as const) {
      const cadence = analyseCadence(timelineOf(atMs.with(index, index * 100 + lateMs)), NOMINAL);
      expect(cadence, `send ${index} is ${lateMs} ms late`).toMatchObject({
        gaps: [],
        extraCount: 0,
        meanMs: 100,
      });
    }
  });

  test('two missing sends near the end are a gap as soon as two on time follow', () => {
    const cadence = analyseCadence(absoluteTrace({ count: 101, missing: [97, 98] }), NOMINAL);
    expect(cadence.gaps).toEqual([{ index: 96, atMs: 9600, missing: 2 }]);
  });

  test('silence at the ends of the watch is a gap', () => {
    const trace = absoluteTrace({ count: 51 });
    const watched = (from: number, to: number) =>
      analyseCadence({ ...trace, watchedMs: { from, to } }, NOMINAL).gaps;
    expect(watched(-90, 5090)).toEqual([]);
    expect(watched(-700, 10_050)).toEqual([
      { atMs: -700, missing: 7 },
      { index: 50, atMs: 5000, missing: 50 },
    ]);
    const nothing = analyseCadence({ ...timelineOf([]), watchedMs: { from: 0, to: 1000 } }, NOMINAL);
    expect(nothing.gaps).toEqual([{ atMs: 0, missing: 10 }]);
  });

  test('bursts of five that keep the mean are bursts', () => {
    const atMs = Array.from({ length: 100 }, (_, i) => Math.floor(i / 5) * 500 + (i % 5));
    const cadence = analyseCadence(timelineOf(atMs), NOMINAL);
    expect(cadence.bursts).toHaveLength(20);
    expect(cadence.gaps).toEqual([]);
  });

  test('doubled datagrams are extras', () => {
    const atMs = Array.from({ length: 100 }, (_, i) => Math.floor(i / 2) * 100 + (i % 2) * 0.1);
    const cadence = analyseCadence(timelineOf(atMs), NOMINAL);
    expect(cadence.meanMs).toBeCloseTo(100, 1);
    expect(cadence.extraCount).toBeGreaterThanOrEqual(49);
    expect(cadence.bursts).toHaveLength(50);
  });
});

describe('phase steps', () => {
  test.each([10, -10])('a step of %d ms is found where it is', (ms) => {
    const trace = absoluteTrace({ count: 101, steps: [{ at: 60, ms }], delay: delays.hogs });
    const { phaseSteps, floorPeriod, gaps } = analyseCadence(trace, NOMINAL);
    expect(phaseSteps).toHaveLength(1);
    expect(phaseSteps[0]?.index).toBe(60);
    expect(phaseSteps[0]?.stepMs).toBeCloseTo(ms, 0);
    expect(gaps).toEqual([]);
    expect(floorPeriod).toBeUndefined();
  });

  test('four late sends in a row are no step', () => {
    const { atMs } = absoluteTrace({ count: 101 });
    const late = atMs.map((at) => (at >= 4000 && at < 4400 ? at + 30 : at));
    expect(analyseCadence(timelineOf(late), NOMINAL).phaseSteps).toEqual([]);
  });
});

describe('tick errors are named', () => {
  test.each([
    [110, 'period is 110.0 ms: 11 ticks of 100 Hz, 1 more than intended'],
    [90, 'period is 90.0 ms: 9 ticks of 100 Hz, 1 fewer than intended'],
    [200, 'period is 200.0 ms: 20 ticks of 100 Hz, 10 more than intended'],
    [10, 'period is 10.0 ms: 1 tick of 100 Hz, 9 fewer than intended'],
  ])('a period of %d ms', (periodMs, description) => {
    const trace = absoluteTrace({ count: 101, periodMs, delay: delays.idle });
    expect(analyseCadence(trace, NOMINAL).tickError?.description).toBe(description);
  });

  test('every third interval a tick longer', () => {
    const steps = Array.from({ length: 33 }, (_, i) => ({ at: 3 * i + 3, ms: 10 }));
    const { tickError } = analyseCadence(absoluteTrace({ count: 100, steps }), NOMINAL);
    expect(tickError?.description).toBe(
      '33 % of the intervals are 110 ms: 11 ticks of 100 Hz, 1 more than intended',
    );
  });

  test('a third of the wake-ups a tick late, as when acks hold the sender up, on a busy host', () => {
    const random = seededRandom(5);
    const steps = Array.from({ length: 99 }, (_, i) => ({ at: i + 1, ms: random() < 0.31 ? 10 : 0 }));
    const { tickError } = analyseCadence(absoluteTrace({ count: 100, steps, delay: delays.idle }), NOMINAL);
    expect(tickError).toMatchObject({ ticks: 11, intendedTicks: 10 });
    expect(tickError?.share).toBeCloseTo(0.31, 1);
  });

  test.each([99, 101, 102.5])('a period of %d ms is none', (periodMs) => {
    expect(analyseCadence(absoluteTrace({ count: 101, periodMs }), NOMINAL).tickError).toBeUndefined();
  });

  test('a busy host is none', () => {
    const trace = absoluteTrace({ count: 300, delay: delays.build });
    expect(analyseCadence(trace, NOMINAL).tickError).toBeUndefined();
  });
});
