import { describe, expect, it } from 'vitest';
import type { BenchHealth } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { calmSpans, isWithin } from './calm-time.ts';

const second = (at: number) => (1e12 + at * 1e9) as HostNs;
const window = { fromNs: second(0), toNs: second(10) };

/** What the server's thread said at each full second. */
function looks(delaysMs: readonly number[], change: Partial<BenchHealth> = {}): BenchHealth[] {
  return delaysMs.map((loopDelayMaxMs, at) => ({
    kind: 'bench-health',
    hostNs: second(at + 1),
    thread: 'server',
    loopDelayMaxMs,
    loopDelayP99Ms: loopDelayMaxMs,
    load1: 1,
    cores: 2,
    ...change,
  }));
}

const seconds = (health: readonly BenchHealth[]) =>
  calmSpans(health, window).map(({ fromNs, toNs }) => [(fromNs - second(0)) / 1e9, (toNs - second(0)) / 1e9]);

describe('calm time', () => {
  it('is that of the seconds in which the server’s thread was on time', () => {
    expect(seconds(looks([0.5, 9, 0.5, 0.5, 1.6, 1.5, 30, 9, 9, 9]))).toEqual([
      [0, 1],
      [2, 3],
      [3, 4],
      [5, 6],
    ]);
  });

  it('is none where calm seconds are rare: then they look so by chance', () => {
    expect(seconds(looks([0.5, 9, 0.5, 0.5, 9, 9, 9, 9, 9, 9]))).toEqual([]);
  });

  it('is none while the thread was held up, or nobody watched it', () => {
    const stalled = looks(Array(10).fill(0.5) as number[], {
      stalls: [{ fromNs: second(0), toNs: second(1) }],
    });
    expect(seconds(stalled)).toEqual([]);
    expect(seconds([])).toEqual([]);
    expect(seconds(looks(Array(10).fill(0.5) as number[], { thread: 'main' }))).toEqual([]);
  });

  it('is not what lies before a look by more than a second', () => {
    const late = looks([0.5, 0.5, 0.5, 0.5, 0.5]).filter((_, at) => at !== 1);
    // The third look says nothing of the second second.
    expect(seconds(late)[1]?.[0]).toBeCloseTo(1.9, 6);
  });

  it('holds an instant at its ends', () => {
    const spans = calmSpans(looks([0.5, 0.5, 0.5, 0.5]), window);
    expect([0, 2.5, 4].map((at) => isWithin(spans, second(at)))).toEqual([true, true, true]);
    expect(isWithin(spans, second(4.1))).toBe(false);
  });
});
