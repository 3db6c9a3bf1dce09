import { describe, expect, it, test } from 'vitest';
import type { Estimate, FigureId, RunFigures, RunSubject } from '../record/run-figures.ts';
import { compareRuns } from './compare-runs.ts';

const subject: RunSubject = { project: 'udp_client', tier: 'virtual', target: 'esp32', periodMs: 100 };
const options = { reference: 'baseline.json', confidence: 0.999 };

function figuresOf(figures: RunFigures['figures'], rest: Partial<RunFigures> = {}): RunFigures {
  return {
    id: 'a',
    startedAt: '2026-01-01T00:00:00Z',
    version: '1.0',
    idfVersion: 'v6.0',
    host: '2 × a processor',
    wholeRoundTripUs: 300,
    figures,
    ...rest,
  };
}

/** Compares one figure with one run. */
function compareOne(id: FigureId, before: Estimate, after: Estimate) {
  const runs = [figuresOf({ [id]: before })];
  const comparison = compareRuns(
    { subject, figures: figuresOf({ [id]: after }) },
    { schema: 1, subject, runs },
    options,
  );
  const figure = comparison.figures.find((compared) => compared.id === id);
  if (figure === undefined) throw new Error(`no ${id}`);
  return { comparison, figure };
}

const sampled = (value: number, standardError: number) => ({ value, standardError, sampleCount: 100 });

describe('a figure', () => {
  it.each<[string, FigureId, Estimate, Estimate, string]>([
    [
      'a period 1 % longer',
      'period.arrivals',
      { value: 100, bound: 0.001 },
      { value: 101, bound: 0.001 },
      'regression',
    ],
    [
      'a period 1 % shorter',
      'period.arrivals',
      { value: 100, bound: 0.001 },
      { value: 99, bound: 0.001 },
      'regression',
    ],
    [
      'a period 0.03 % longer, as another crystal makes it',
      'period.arrivals',
      { value: 100, bound: 0.001 },
      { value: 100.03, bound: 0.001 },
      'no-regression',
    ],
    [
      'a period that is not known well enough',
      'period.arrivals',
      { value: 100, bound: 0.001 },
      { value: 100.1, bound: 0.2 },
      'inconclusive',
    ],
    [
      'a median round trip 20 % of the whole longer',
      'round-trip',
      sampled(120, 1),
      sampled(180, 1),
      'regression',
    ],
    ['the same, known less well', 'round-trip', sampled(120, 1), sampled(180, 20), 'inconclusive'],
    ['a median round trip 2 % longer', 'round-trip', sampled(120, 1), sampled(126, 1), 'no-regression'],
    ['a shorter one', 'round-trip', sampled(180, 1), sampled(120, 1), 'no-regression'],
    ['an image 2 % larger', 'image', { value: 100_000 }, { value: 102_000 }, 'no-regression'],
    ['an image 2.1 % larger', 'image', { value: 100_000 }, { value: 102_100 }, 'regression'],
    ['a smaller image', 'image', { value: 100_000 }, { value: 50_000 }, 'no-regression'],
    ['a heap 3 % smaller', 'heap', { value: 300_000 }, { value: 291_000 }, 'regression'],
    ['a larger heap', 'heap', { value: 300_000 }, { value: 400_000 }, 'no-regression'],
    ['a boot 0.9 s longer', 'boot', { value: 300 }, { value: 1200 }, 'no-regression'],
    ['a boot 1.1 s longer', 'boot', { value: 300 }, { value: 1400 }, 'regression'],
  ])('%s', (_, id, before, after, outcome) => {
    expect(compareOne(id, before, after).figure.outcome).toBe(outcome);
  });

  it('says by how much, between what, and beyond what', () => {
    const { figure, comparison } = compareOne('round-trip', sampled(120, 1), sampled(180, 1));
    expect(figure).toMatchObject({ baseline: 120, figure: 180, changeUnit: '% of the whole', tolerance: 8 });
    expect(figure.change).toBeCloseTo(20, 6);
    // One figure: 3.17 standard errors (Student's t with 99 degrees of freedom) of √2 µs, in % of 300 µs.
    expect((figure.high ?? 0) - (figure.low ?? 0)).toBeCloseTo((2 * 3.17 * Math.SQRT2 * 100) / 300, 1);
    expect(figure.reason).toMatch(/by more than the 8 % of the whole that runs of one firmware differ by/);
    expect(comparison).toMatchObject({
      outcome: 'regression',
      summary: 'round trip, median: +20 % of the whole',
    });
  });
});

test('the more figures, the more each has to show', () => {
  const width = (ids: readonly FigureId[]) => {
    const figures = figuresOf(Object.fromEntries(ids.map((id) => [id, sampled(100, 1)])));
    const compared = compareRuns({ subject, figures }, { schema: 1, subject, runs: [figures] }, options);
    const { low = 0, high = 0 } = compared.figures.find(({ id }) => id === 'round-trip') ?? {};
    return high - low;
  };
  expect(width(['round-trip', 'spread', 'lateness', 'round-trip.tail'])).toBeGreaterThan(
    1.1 * width(['round-trip']),
  );
});

describe('on a board that shares the host', () => {
  const roundTrip = (networkUs: number, serverPartUs: number) =>
    figuresOf({ 'round-trip': sampled(networkUs, 1) }, { serverPartUs });
  const judge = (run: RunFigures, runs: RunFigures[], tier: RunSubject['tier'] = 'virtual') => {
    const kind = { ...subject, tier };
    return compareRuns(
      { subject: kind, figures: run },
      { schema: 1, subject: kind, runs },
      options,
    ).figures.find(({ id }) => id === 'round-trip');
  };

  it('a longer round trip is left open when the host was slower by as much, as its own part tells', () => {
    const slower = judge(roundTrip(180, 150), [roundTrip(120, 100)]);
    expect(slower).toMatchObject({
      outcome: 'inconclusive',
      reason: expect.stringMatching(/^HOST_LATE: .* faster or slower itself/) as string,
    });
    expect(judge(roundTrip(180, 100), [roundTrip(120, 100)])?.outcome).toBe('regression');
    expect(judge(roundTrip(180, 90), [roundTrip(120, 100)])?.outcome).toBe('regression');
  });

  it('an equal one is, when the host was faster: it may hide one', () => {
    expect(judge(roundTrip(120, 50), [roundTrip(120, 100)])?.outcome).toBe('inconclusive');
    expect(judge(roundTrip(120, 100), [roundTrip(120, 100)])?.outcome).toBe('no-regression');
  });

  it('a host as slow as for one of the baseline’s runs excuses nothing', () => {
    const baseline = [roundTrip(120, 100), roundTrip(120, 150), roundTrip(120, 120)];
    expect(judge(roundTrip(180, 140), baseline)?.outcome).toBe('regression');
  });
});

test('a baseline whose own runs differ by more excuses more', () => {
  const boots = (...values: number[]) => values.map((value) => figuresOf({ boot: { value } }));
  const run = { subject, figures: figuresOf({ boot: { value: 3000 } }) };
  const judge = (runs: RunFigures[]) => compareRuns(run, { schema: 1, subject, runs }, options).outcome;
  expect(judge(boots(1000, 1100, 1050))).toBe('regression');
  expect(judge(boots(1000, 1100, 3200))).not.toBe('regression');
});

describe('what is not comparable', () => {
  const figures = figuresOf({
    'period.arrivals': { value: 100 },
    'round-trip': sampled(100, 1),
    boot: { value: 300 },
  });

  it.each<[string, Partial<RunSubject>, string]>([
    ['another firmware', { project: 'other' }, 'firmware: other, not udp_client'],
    [
      'another profile',
      { profile: 'udp-server-example' },
      'firmware: udp_client (udp-server-example), not udp_client',
    ],
    ['another tier', { tier: 'board' }, 'tier: board, not virtual'],
    ['another kind of board', { target: 'esp32c3' }, 'kind of board: esp32c3, not esp32'],
    ['another promise', { periodMs: 2000 }, 'period: 2000 ms, not 100 ms'],
    ['other payloads', { numbered: true }, 'payload: one with a number, not one without a number'],
  ])('%s', (_, change, words) => {
    const other = { ...subject, ...change };
    const comparison = compareRuns(
      { subject, figures },
      { schema: 1, subject: other, runs: [figures] },
      options,
    );
    expect(comparison).toMatchObject({ outcome: 'inconclusive', figures: [] });
    expect(comparison.summary).toContain(words);
  });

  const outcomes = (before: RunFigures, after: RunFigures, kind = subject) =>
    Object.fromEntries(
      compareRuns(
        { subject: kind, figures: after },
        { schema: 1, subject: kind, runs: [before] },
        options,
      ).figures.map(({ id, outcome, reason }) => [id, { outcome, reason }]),
    );

  it('what the host makes, on another host; the period is', () => {
    const there = { ...figures, host: '64 × another processor' };
    expect(outcomes(there, figures)).toMatchObject({
      'period.arrivals': { outcome: 'no-regression' },
      'round-trip': {
        outcome: 'not-compared',
        reason: expect.stringContaining('64 × another processor') as string,
      },
      boot: { outcome: 'not-compared' },
    });
  });

  it('what was too late on this side or that', () => {
    const late = figuresOf({ boot: { value: 300 } }, { lacking: 'host-late' });
    for (const [before, after] of [
      [late, figures],
      [figures, late],
    ] as const) {
      expect(outcomes(before, after)['round-trip']).toMatchObject({
        outcome: 'inconclusive',
        reason: expect.stringMatching(/^HOST_LATE/) as string,
      });
    }
  });

  it('what neither tells', () => {
    expect(outcomes(figures, figures)['heap']).toEqual({
      outcome: 'not-compared',
      reason: 'neither run tells it',
    });
  });

  it('a boot over a real network, with one run', () => {
    const real = { ...subject, tier: 'board' } as const;
    const { host: _, ...own } = figures;
    expect(outcomes(own, own, real)).toMatchObject({
      boot: { outcome: 'not-compared', reason: expect.stringContaining('3 runs or more') as string },
      'round-trip': { outcome: 'no-regression' },
    });
  });

  it('anything at all: that is no pass', () => {
    const nothing = figuresOf({});
    expect(
      compareRuns({ subject, figures: nothing }, { schema: 1, subject, runs: [nothing] }, options),
    ).toMatchObject({
      outcome: 'inconclusive',
      summary: 'the runs have no figure in common',
    });
  });
});
