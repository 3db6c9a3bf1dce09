import { describe, expect, test } from 'vitest';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { alignClocks, toHostNs, type ClockPair } from './clock-alignment.ts';

/** A pair whose host stamp is `hostUs` microseconds after the host's 1,000 s. */
function pair(deviceUs: number, hostUs: number): ClockPair {
  return { deviceUs: deviceUs as DeviceUs, hostNs: (1e12 + hostUs * 1e3) as HostNs };
}

describe('alignClocks', () => {
  // By hand: each datagram takes 100 µs, each ack 100 µs, the device's clock shows 0 at the host's 1,000 s.
  const up = [pair(0, 100), pair(100_000, 100_100), pair(200_000, 200_100)];
  const down = [pair(300, 200), pair(100_300, 100_200), pair(200_300, 200_200)];

  test('the middle between the fastest datagram and the fastest ack', () => {
    const alignment = alignClocks(up, down, 0);
    expect(alignment && (toHostNs(alignment, 50_000 as DeviceUs) - 1e12) / 1e3).toBeCloseTo(50_000, -1);
    // A line may turn between the points: 100 µs up at one end and 100 µs down at the other.
    expect(alignment?.boundUs).toBeCloseTo(100, 0);
    expect(alignment?.skewPpm).toBeCloseTo(0, -1);
    expect(alignment?.skewBoundPpm).toBeCloseTo(1000, -1);
  });

  test('a slow device clock has a skew above 0', () => {
    const slow = (pairs: readonly ClockPair[]) =>
      pairs.map(({ deviceUs, hostNs }) => pair(deviceUs * (1 - 50e-6), (hostNs - 1e12) / 1e3));
    expect(alignClocks(slow(up), slow(down), 0)?.skewPpm).toBeCloseTo(50, -1);
  });

  test('the bound grows with that of the stamps', () => {
    const exact = alignClocks(up, down, 0)?.boundUs ?? NaN;
    expect(alignClocks(up, down, 50)?.boundUs).toBeCloseTo(exact + 50, 6);
  });

  test('without acks nothing bounds the offset', () => {
    const alignment = alignClocks(up, [], 0);
    expect(alignment).toMatchObject({ skewPpm: 0 });
    expect(alignment?.boundUs).toBeUndefined();
    expect(alignment?.skewBoundPpm).toBeUndefined();
  });

  test('an ack that was stamped 1 ms after it left widens the bound and breaks nothing', () => {
    const stampedLate = down.with(1, pair(100_300, 101_200));
    const alignment = alignClocks(up, stampedLate, 0);
    expect(alignment?.boundUs).toBeGreaterThan(500);
    expect(Math.abs((alignment && (toHostNs(alignment, 0 as DeviceUs) - 1e12) / 1e3) ?? NaN)).toBeLessThan(
      alignment?.boundUs ?? 0,
    );
  });

  test('a clock that was set while it was watched fits no line', () => {
    const set = (pairs: readonly ClockPair[]) =>
      pairs.map(({ deviceUs, hostNs }) =>
        pair(deviceUs > 150_000 ? deviceUs + 5e6 : deviceUs, (hostNs - 1e12) / 1e3),
      );
    const back = [...set(up), pair(300_000, 300_100), pair(400_000, 400_100)];
    const alignment = alignClocks(back, [...set(down), pair(300_300, 300_200), pair(400_300, 400_200)], 0);
    expect(alignment).toBeUndefined();
  });

  test('nothing sent: nothing to align', () => {
    expect(alignClocks([], down, 0)).toBeUndefined();
    expect(alignClocks(up.slice(0, 1), [], 0)).toBeUndefined();
  });
});
