import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { analyseDelayVariation, type Passage } from './delay-variation.ts';

/** One send a period; the receiver's clock is ahead by an hour. */
function passages(delaysUs: readonly number[], lost: readonly number[] = [], skewPpm = 0): Passage[] {
  return delaysUs.flatMap((delayUs, seq) => {
    const sentUs = seq * 100_000;
    const arrivedUs = 3.6e9 + (sentUs + delayUs) * (1 + skewPpm / 1e6);
    return lost.includes(seq) ? [] : [{ seq, sentUs, arrivedUs }];
  });
}

describe('analyseDelayVariation', () => {
  it('is made of differences between neighbours', () => {
    // Delays 50, 60, 40, 40: differences +10, −20, 0.
    const { pairCount, ipdv, interarrivalJitterUs, interarrivalJitterMaxUs } = analyseDelayVariation(
      passages([50, 60, 40, 40]),
    );
    expect(pairCount).toBe(3);
    expect(ipdv.minUs).toBeCloseTo(-20);
    expect(ipdv.p50Us).toBeCloseTo(0);
    expect(ipdv.maxUs).toBeCloseTo(10);
    // RFC 3550: 10/16; then + (20 − 0.625)/16; then − 1.8359/16.
    expect(interarrivalJitterMaxUs).toBeCloseTo(1.8359, 3);
    expect(interarrivalJitterUs).toBeCloseTo(1.7212, 3);
  });

  it('has no difference across a datagram that is missing', () => {
    expect(analyseDelayVariation(passages([50, 60, 40, 90], [1]))).toMatchObject({ pairCount: 1 });
    expect(analyseDelayVariation(passages([50, 60, 40, 90], [1])).ipdv.maxUs).toBeCloseTo(50);
  });

  it.each([[[]], [[50]]])('has no figures for %j', (delaysUs) => {
    expect(analyseDelayVariation(passages(delaysUs))).toEqual({ pairCount: 0, ipdv: {} });
  });
});

test('whatever the delays, the losses and the skew: the differences are those of the delays', () => {
  const delaysUs = fc.array(fc.integer({ min: 10, max: 50_000 }), { minLength: 2, maxLength: 60 });
  const lost = fc.uniqueArray(fc.nat(59), { maxLength: 5 });
  const skewPpm = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(delaysUs, lost, skewPpm, (delays, gone, skew) => {
      const truth = delays.slice(1).flatMap((delay, at) => {
        const isPair = !gone.includes(at) && !gone.includes(at + 1);
        return isPair ? [delay - (delays[at] ?? 0)] : [];
      });
      const { pairCount, ipdv } = analyseDelayVariation(passages(delays, gone, skew));
      expect(pairCount).toBe(truth.length);
      if (truth.length === 0) return;
      // 100 ppm of a period and of the longest delay.
      expect(Math.abs((ipdv.maxUs ?? NaN) - Math.max(...truth))).toBeLessThan(16);
      expect(Math.abs((ipdv.minUs ?? NaN) - Math.min(...truth))).toBeLessThan(16);
    }),
    { seed: 5 },
  );
});
