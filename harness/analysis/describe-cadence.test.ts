import { describe, expect, test } from 'vitest';
import { analyseCadence } from './cadence.ts';
import { describeDisorder, describeMissing, describePeriod, findRecurrence } from './describe-cadence.ts';
import { absoluteTrace, timelineOf } from './testdata/trace.ts';

const NOMINAL = { nominalMs: 100 };

test.each([
  [102, 'period is 102.0 ms: 2.0 ms longer than promised'],
  [100.9991, 'period is 101.0 ms: 1.0 ms longer than promised'],
  [98.0011, 'period is 98.0 ms: 2.0 ms shorter than promised'],
  [100.3333, 'period is 100.33 ms: 0.33 ms longer than promised'],
  [1000, 'period is 1000.0 ms: 900.0 ms longer than promised'],
])('a period of %d ms', (periodMs, words) => {
  expect(describePeriod(periodMs, 100)).toBe(words);
});

describe('what comes back regularly', () => {
  test.each([
    [[9, 19, 29, 39], 10],
    // A stray one between them doesn't hide it.
    [[9, 19, 22, 29, 39, 49, 59], 10],
    [[9, 19], undefined],
    [[3, 14, 15, 92, 65], undefined],
    [[1, 2, 3, 4], undefined],
  ])('%j', (places, every) => {
    expect(findRecurrence(places)).toBe(every);
  });
});

describe('missing sends', () => {
  test.each([
    ['one in ten', { missing: [9, 19, 29, 39] }, ': every 10th'],
    ['one in three', { missing: [2, 5, 8, 11, 14] }, ': every 3rd'],
    ['some', { missing: [9, 14, 29] }, ''],
  ])('%s', (_, trace, words) => {
    expect(describeMissing(analyseCadence(absoluteTrace({ count: 50, ...trace }), NOMINAL))).toBe(words);
  });

  test('at the end', () => {
    const timeline = { ...absoluteTrace({ count: 20 }), watchedMs: { from: 0, to: 3_250 } };
    expect(describeMissing(analyseCadence(timeline, NOMINAL))).toBe(': none in the last 1.3 s');
  });
});

test('sends that are late one by one, in a pattern', () => {
  const atMs = Array.from({ length: 100 }, (_, i) => 100 * i + (i % 25 === 24 ? 80 : 0));
  const cadence = analyseCadence(timelineOf(atMs), NOMINAL);
  expect(describeDisorder(cadence)).toBe('; every 25th send is late, by 80 ms');
  expect(describeDisorder(analyseCadence(absoluteTrace({ count: 100 }), NOMINAL))).toBe('');
});

describe('bursts', () => {
  test.each<[string, (i: number) => number, string]>([
    ['that keep the mean', (i: number) => 500 * Math.floor(i / 5) + (i % 5), '; datagrams come 5 at a time'],
    ['of two', (i: number) => 100 * Math.floor(i / 2) + 0.1 * (i % 2), '; datagrams come 2 at a time'],
    ['one of four', (i: number) => 100 * i - (i > 20 && i < 25 ? 100 * (i - 21) : 0), '; 1 burst of up to 4'],
    ['none', (i: number) => 100 * i, ''],
  ])('%s', (_, instant, words) => {
    const cadence = analyseCadence(timelineOf(Array.from({ length: 50 }, (_, i) => instant(i))), NOMINAL);
    expect(describeDisorder(cadence)).toBe(words);
  });
});

test('bursts that keep the mean are late, not too many, wherever the watch cuts them', () => {
  for (let from = 0; from < 5; from++) {
    for (let count = 48; count < 53; count++) {
      const atMs = Array.from(
        { length: count },
        (_, i) => 500 * Math.floor((i + from) / 5) + ((i + from) % 5),
      );
      const cadence = analyseCadence(timelineOf(atMs), NOMINAL);
      expect(cadence).toMatchObject({ meanMs: 100, extraCount: 0, gaps: [] });
      expect(cadence.deviationP95Ms).toBeGreaterThan(300);
    }
  }
});
