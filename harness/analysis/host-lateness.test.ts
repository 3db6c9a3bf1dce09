import { describe, expect, it } from 'vitest';
import type { BenchHealth, BoardStall, Span, Window } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { atMost, exactly, within } from './bound.ts';
import { heldUpMs, hostLateness, periodsHeldUp } from './host-lateness.ts';

const window: Window = {
  kind: 'window',
  name: 'steady',
  fromNs: 10e9 as HostNs,
  toNs: 13e9 as HostNs,
  span: { fromNs: 9e9 as HostNs, toNs: 14e9 as HostNs },
};

function health(atS: number, p50Ms: number, thread: BenchHealth['thread'] = 'server'): BenchHealth {
  return {
    kind: 'bench-health',
    hostNs: (atS * 1e9) as HostNs,
    thread,
    loopDelayP50Ms: p50Ms,
    loopDelayP99Ms: 10 * p50Ms,
    loopDelayMaxMs: 100 * p50Ms,
    load1: 1,
    cores: 2,
  };
}

describe('hostLateness', () => {
  it('looks at the seconds of the window, and at the thread that has nothing else to do', () => {
    const records = [health(9.5, 9), health(11, 0.1), health(12, 0.3), health(13, 0.2), health(15, 9)];
    expect(hostLateness({ health: [...records, health(12, 50, 'main')] }, window)).toEqual({
      usualMs: 0.2,
      usualInWorstSecondMs: 0.3,
      p99InWorstSecondMs: 3,
      stalls: [],
      p99Ms: [1, 3, 2],
      longestMs: [10, 30, 20],
    });
  });

  it('knows nothing where nobody watched', () => {
    expect(hostLateness({ health: [health(20, 1)] }, window)).toBeUndefined();
  });
});

describe('a miss that the instrument could explain', () => {
  const meaning = { origin: 'a test' };
  it.each([
    [atMost(5, meaning), 7, 2, true],
    [atMost(5, meaning), 7.1, 2, false],
    [within(100, 1, meaning), 98, 1, true],
    [within(100, 1, meaning), 97.9, 1, false],
    [exactly(0, meaning), 2, 2, true],
    [exactly(0, meaning), 3, 2, false],
    [exactly('the flashed one', meaning), 'another image', 99, false],
    [atMost(5, meaning), NaN, 99, false],
  ])('%o, figure %s, error %d: %s', (bound, figure, error, expected) => {
    expect(bound.couldHold(figure, error)).toBe(expected);
  });
});

describe('periodsHeldUp', () => {
  const late = { usualMs: 0, usualInWorstSecondMs: 0, p99InWorstSecondMs: 0, stalls: [] };

  it.each([
    ['an idle host', [3, 4], [1, 1], 0],
    ['two delays of periods', [250, 120], [10, 10], 3],
    ['a second in which nobody can keep up', [60, 60], [30, 10], 10],
    ['a host that stands still', [2300, 60], [300, 10], 23],
  ])('%s', (_, longestMs, p99Ms, periods) => {
    expect(periodsHeldUp({ ...late, longestMs, p99Ms }, 100)).toBe(periods);
  });

  it.each([
    ['none', [], 0],
    [
      'short ones, however many',
      [
        [0, 40],
        [50, 90],
        [100, 140],
      ],
      0,
    ],
    ['one of half a period, which makes a send come in the next one', [[0, 51]], 1],
    ['one of two periods', [[0, 210]], 2],
    [
      'the same one, told by two threads',
      [
        [0, 200],
        [10, 205],
      ],
      2,
    ],
  ])('of a board that tells its stalls only these count: %s', (_, spansMs, periods) => {
    const boardStalls = spansMs.map(([fromMs = 0, toMs = 0]): BoardStall => ({
      kind: 'board-stall',
      fromNs: (window.fromNs + fromMs * 1e6) as HostNs,
      toNs: (window.fromNs + toMs * 1e6) as HostNs,
    }));
    // The host itself was hopelessly late meanwhile.
    const lateness = hostLateness({ health: [health(11, 50)], boardStalls }, window);
    expect(lateness && periodsHeldUp(lateness, 100)).toBe(periods);
  });
});

describe('heldUpMs', () => {
  it('counts what lies between the two instants, once', () => {
    const span = (fromMs: number, toMs: number): Span => ({
      fromNs: (fromMs * 1e6) as HostNs,
      toNs: (toMs * 1e6) as HostNs,
    });
    expect(heldUpMs([span(0, 10), span(5, 20), span(90, 120)], span(15, 100))).toBe(15);
  });
});
