/**
 * How often a comparison cries wolf, and how often it misses a regression: pairs of whole synthetic runs, through all of the
 * analysis. Rates on recorded runs: docs/comparing-runs.md.
 */
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../record/comparison.ts';
import { compareRuns, type ComparableRun } from './compare-runs.ts';
import { delays, type Delay } from './testdata/trace.ts';
import { driftingDelay, syntheticRun, type SyntheticOptions } from './testdata/synthetic-observation.ts';

const RUNS = 15;

function makeRuns(firstSeed: number, options: () => SyntheticOptions): ComparableRun[] {
  return Array.from({ length: RUNS }, (_, at) => syntheticRun({ seed: firstSeed + at, ...options() }));
}

function compareAll(these: readonly ComparableRun[], those: readonly ComparableRun[]): Comparison[] {
  return these.flatMap((run) =>
    those
      .filter((other) => other !== run)
      .map(({ subject, figures }) =>
        compareRuns(
          run,
          { schema: 1, subject, runs: [figures] },
          { reference: 'another', confidence: 0.999 },
        ),
      ),
  );
}

function found({ figures }: Comparison): string[] {
  return figures.filter(({ outcome }) => outcome === 'regression').map(({ id }) => id);
}

const wakeUp: Delay = delays.idle;
const healthyRuns = makeRuns(1, () => ({ wakeUp, path: driftingDelay(1) }));

describe('runs of the same firmware', () => {
  const comparisons = compareAll(healthyRuns, healthyRuns);

  it('are no regression of each other, in any of 210 comparisons', () => {
    expect(comparisons).toHaveLength(RUNS * (RUNS - 1));
    expect(comparisons.flatMap(found)).toEqual([]);
  });

  it('are told to be alike, not just undecided', () => {
    const alike = comparisons.filter(({ outcome }) => outcome === 'no-regression');
    expect(alike.length / comparisons.length).toBeGreaterThan(0.95);
  });
});

describe.each<[string, string[], () => SyntheticOptions]>([
  [
    'a period 1 % longer',
    ['period.arrivals', 'period.device'],
    () => ({ wakeUp, path: driftingDelay(1), periodMs: 101 }),
  ],
  [
    'a period 1 % shorter',
    ['period.arrivals', 'period.device'],
    () => ({ wakeUp, path: driftingDelay(1), periodMs: 99 }),
  ],
  // 2 × (20 + 60) + 50 µs: a fifth more of the whole are 21 µs each way.
  ['round trips 20 % longer', ['round-trip'], () => ({ wakeUp, path: longer(driftingDelay(1), 0.021) })],
])('%s', (_, ids, options) => {
  it('are found in every one of 225 comparisons, and by nothing else', () => {
    const comparisons = compareAll(makeRuns(1001, options), healthyRuns);
    expect(comparisons).toHaveLength(RUNS * RUNS);
    for (const comparison of comparisons) expect(found(comparison)).toEqual(ids);
  });
});

it('sends that are late by 0 to 12 ms are found by the spread in every one of 225 comparisons', () => {
  const late = makeRuns(6001, () => ({ wakeUp: (random) => 12 * random(), path: driftingDelay(1) }));
  for (const comparison of compareAll(late, healthyRuns)) expect(found(comparison)).toContain('spread');
});

it('round trips 20 % longer that scatter widely are found or left open, never denied', () => {
  const before = makeRuns(4001, () => ({ wakeUp, path: driftingDelay(1, 0.2) }));
  const after = makeRuns(5001, () => ({ wakeUp, path: longer(driftingDelay(1, 0.2), 0.021) }));
  const outcomes = compareAll(after, before).map(
    ({ figures }) => figures.find(({ id }) => id === 'round-trip')?.outcome,
  );
  expect(new Set(outcomes)).toEqual(new Set(['regression', 'inconclusive']));
});

it('round trips 20 % shorter are no regression', () => {
  const shorter = makeRuns(2001, () => ({ wakeUp, path: longer(driftingDelay(1), -0.021) }));
  expect(compareAll(shorter, healthyRuns).flatMap(found)).toEqual([]);
});

it('a host that is late makes no regression of round trips that it doubles: the comparison is inconclusive', () => {
  const late = makeRuns(3001, () => ({ wakeUp, path: driftingDelay(3), loopDelayMaxMs: 12 }));
  const comparisons = compareAll(late, healthyRuns);
  expect(comparisons.flatMap(found)).toEqual([]);
  expect(comparisons[0]).toMatchObject({ outcome: 'inconclusive' });
  expect(comparisons[0]?.figures.find(({ id }) => id === 'round-trip')?.reason).toMatch(/^HOST_LATE/);
});

it('on a board with a processor of its own, a late host hides nothing', () => {
  const options = { wakeUp, ownProcessor: true, loopDelayMaxMs: 12 };
  const before = makeRuns(1, () => ({ ...options, path: driftingDelay(1) }));
  const after = makeRuns(3001, () => ({ ...options, path: longer(driftingDelay(1), 0.03) }));
  for (const comparison of compareAll(after, before)) expect(found(comparison)).toEqual(['round-trip']);
});

function longer(delay: Delay, ms: number): Delay {
  return (random) => delay(random) + ms;
}
