import { describe, expect, it } from 'vitest';
import type { SoakEvidence, SoakSlice } from '../record/soak.ts';
import type { HostNs } from '../time/clock.ts';
import { seededRandom } from './seeded-random.ts';
import { heapLossBytes, lossShare, periodDriftPpm, rttGrowthUs } from './soak-figures.ts';

describe('a soak of a healthy board', () => {
  const soak = soakOf(60, () => ({}));

  it('has neither drift nor loss', () => {
    expect(periodDriftPpm(soak).figure).toBe(0);
    expect(rttGrowthUs(soak).figure).toBe(0);
    expect(heapLossBytes(soak).figure).toBe(0);
    expect(lossShare(soak)).toMatchObject({ figure: 0, sampleCount: 36_000, evidence: [] });
  });

  it('says so of three soaks in a thousand at most otherwise, however they scatter', () => {
    const alarms = Array.from({ length: 1000 }, (_, seed) => soakOf(60, () => ({}), seed)).filter(
      (each) => periodDriftPpm(each).figure !== 0,
    );
    expect(alarms.length).toBeLessThan(6);
  });
});

describe('a soak of a board', () => {
  it('whose period drifts finds by how much, and shows slices from begin to end', () => {
    const { figure, finding, evidence } = periodDriftPpm(
      soakOf(60, (at) => ({ periodMs: 100 + (0.03 * at) / 60 })),
    );
    expect(figure).toBeGreaterThan(280);
    expect(figure).toBeLessThan(300);
    expect(finding).toMatch(
      /^over 3540 s the period grows by 29\d\.\d ppm \(change between 2\d\d\.\d and \d+\.\d ppm\)$/,
    );
    expect(evidence?.[0]).toMatch(/^\+0:00:00: -?0\.\d ppm$/);
    expect(evidence?.at(-1)).toMatch(/^\+0:59:00: 29\d\.\d ppm$/);
  });

  it('that is acked later and later finds that, and not that it is acked sooner', () => {
    expect(rttGrowthUs(soakOf(20, (at) => ({ rttMedianUs: 500 + 1000 * at }))).figure).toBeGreaterThan(
      18_000,
    );
    expect(rttGrowthUs(soakOf(20, (at) => ({ rttMedianUs: 50_000 - 1000 * at }))).figure).toBeLessThan(0);
  });

  it('that leaks finds how much it has lost', () => {
    const { figure, finding } = heapLossBytes(soakOf(60, (at) => ({ heapFreeBytes: 180_000 - 100 * at })));
    expect(figure).toBeGreaterThan(5000);
    expect(figure).toBeLessThan(6000);
    expect(finding).toMatch(/the free heap shrinks by \d+ B/);
  });

  it('counts what was lost, shows the worst slices first, and knows what the host has lost itself', () => {
    const losses: Readonly<Record<number, Partial<SoakSlice>>> = {
      7: { missingCount: 2 },
      30: { missingCount: 30, unackedCount: 6, excusedCount: 3 },
    };
    const soak = soakOf(60, (at) => losses[at] ?? {});
    expect(lossShare(soak)).toMatchObject({
      figure: 38 / 36_000,
      hostError: 3 / 36_000,
      finding: "in 36000 periods 32 had no datagram, and 6 acks are not in the device's log",
      evidence: ['+0:30:00: 30 missing, 6 without their ack', '+0:07:00: 2 missing, 0 without their ack'],
    });
  });

  it('that was too short says that there is no trend to be had, which is no pass', () => {
    expect(periodDriftPpm(soakOf(9, () => ({})))).toMatchObject({
      figure: undefined,
      finding: '9 slices of the soak tell of the period: too few for a trend',
    });
    expect(lossShare(soakOf(0, () => ({}))).figure).toBeUndefined();
  });
});

/** Slices of a minute, a little noisy. */
function soakOf(count: number, of: (at: number) => Partial<SoakSlice>, seed = 1): SoakEvidence {
  const random = seededRandom(seed);
  const slices = Array.from({ length: count }, (_, index): SoakSlice => {
    const { periodMs = 100, rttMedianUs = 500, heapFreeBytes = 180_000, ...told } = of(index);
    return {
      kind: 'soak-slice',
      index,
      fromNs: (index * 60e9) as HostNs,
      toNs: ((index + 1) * 60e9) as HostNs,
      periodCount: 600,
      missingCount: 0,
      unackedCount: 0,
      excusedCount: 0,
      periodMs: periodMs + 1e-4 * (random() - 0.5),
      rttMedianUs: rttMedianUs + 100 * random(),
      heapFreeBytes: heapFreeBytes + Math.round(64 * random()),
      harnessBytes: 3e8,
      ...told,
    };
  });
  return { soakMs: count * 60_000, nominalPeriodMs: 100, confidence: 0.999, slices };
}
