import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { analyseCadence } from './cadence.ts';
import { giveBackStalls } from './give-back.ts';
import { absoluteTrace, delays, seededRandom } from './testdata/trace.ts';

const due = Array.from({ length: 40 }, (_, i) => 100 * i);

describe('giveBackStalls', () => {
  it('moves what came in a stall, or right after it, back to its schedule', () => {
    const late = due.map((at, i) => (i === 10 ? at + 30 : i === 20 ? at + 42 : at));
    const stalls = [
      { fromMs: 990, toMs: 1029 },
      { fromMs: 1995, toMs: 2039 },
    ];
    expect(giveBackStalls(late, { spans: stalls, turnMs: 5 }, 100)).toEqual(due);
  });

  it('gives no more back than the stall took', () => {
    const late = due.map((at, i) => (i === 10 ? at + 30 : at));
    const given = giveBackStalls(late, { spans: [{ fromMs: 1020, toMs: 1031 }], turnMs: 5 }, 100);
    expect(given[10]).toBe(1020);
  });

  it('gives nothing to a send that was late by itself', () => {
    const late = due.map((at, i) => (i === 10 ? at + 30 : at));
    expect(giveBackStalls(late, { spans: [{ fromMs: 500, toMs: 600 }], turnMs: 5 }, 100)).toEqual(late);
    expect(giveBackStalls(late, { spans: [], turnMs: 5 }, 100)).toEqual(late);
  });

  it('takes a lost tick for none of the host’s doing', () => {
    const stepped = due.map((at, i) => (i >= 20 ? at + 10 : at));
    const given = giveBackStalls(stepped, { spans: [{ fromMs: 2190, toMs: 2211 }], turnMs: 5 }, 100);
    expect(given).toEqual(stepped);
  });

  it('knows the schedule by what came undisturbed, where most sends were held up', () => {
    // Every 107 ms the host stops for 60: a beat with the sender's 100 ms.
    const spans = Array.from({ length: 38 }, (_, i) => ({ fromMs: 107 * i + 20, toMs: 107 * i + 80 }));
    const late = due.map((at) => spans.find(({ fromMs, toMs }) => at >= fromMs && at < toMs)?.toMs ?? at);
    expect(late.filter((at, i) => at !== due[i]).length).toBeGreaterThan(20);
    expect(giveBackStalls(late, { spans, turnMs: 5 }, 100)).toEqual(due);
  });

  it.each([[[]], [[0]], [[0, 100]]])('leaves %j as it is', (atMs) => {
    expect(giveBackStalls(atMs, { spans: [{ fromMs: 0, toMs: 50 }], turnMs: 5 }, 100)).toEqual(atMs);
  });
});

test('a healthy sender on a host that stops for up to 60 ms now and then is on time again', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = seededRandom(seed);
      const stalls: { fromMs: number; toMs: number }[] = [];
      for (let fromMs = 50; fromMs < 10_000; fromMs += 100 + 300 * random()) {
        stalls.push({ fromMs, toMs: fromMs + 20 + 40 * random() });
      }
      const { atMs } = absoluteTrace({ count: 101, seed, delay: delays.idle });
      const heldUp = atMs.map((at) => {
        const stall = stalls.find(({ fromMs, toMs }) => at >= fromMs && at < toMs);
        return stall === undefined ? at : stall.toMs + random();
      });
      const given = giveBackStalls(heldUp, { spans: stalls, turnMs: 5 }, 100);
      const { deviationP95Ms, phaseStepMaxMs } = analyseCadence(
        { clock: 'host', atMs: given, boundUs: 0 },
        { nominalMs: 100 },
      );
      expect(deviationP95Ms).toBeLessThan(5);
      expect(phaseStepMaxMs).toBeLessThan(2);
    }),
    { seed: 3, numRuns: 200 },
  );
});
