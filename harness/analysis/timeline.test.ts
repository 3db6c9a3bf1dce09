import { expect, test } from 'vitest';
import type { Sent } from '../log/device-event.ts';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { datagramAt } from './testdata/two-witnesses.ts';
import { arrivalTimeline, sendTimeline } from './timeline.ts';

test('arrivals are in order, since the first, with the widest bound of their stamps', () => {
  const datagrams = [datagramAt(0, 5_200e6 as HostNs), datagramAt(1, 5_000e6 as HostNs)];
  const stamped = datagrams.map((datagram, i) => ({
    ...datagram,
    stamp: { ...datagram.stamp, boundUs: i === 0 ? 50 : 900 },
  }));
  expect(arrivalTimeline(stamped)).toEqual({ clock: 'host', atMs: [0, 200], boundUs: 900 });
  expect(arrivalTimeline(stamped, { fromNs: 4_900e6 as HostNs, toNs: 6_000e6 as HostNs })).toEqual({
    clock: 'host',
    atMs: [0, 200],
    boundUs: 900,
    watchedMs: { from: -100, to: 1000 },
  });
});

test('a watch without arrivals is counted from its begin', () => {
  const window = { fromNs: 4_900e6 as HostNs, toNs: 6_000e6 as HostNs };
  expect(arrivalTimeline([], window)).toEqual({
    clock: 'host',
    atMs: [],
    boundUs: 0,
    watchedMs: { from: 0, to: 1100 },
  });
});

test("sends are on the device's clock, which need not start at 0", () => {
  const sends = [7_000_000, 7_100_400].map((atUs, seq): Sent => ({
    kind: 'sent',
    hostNs: 0 as HostNs,
    seq,
    atUs: atUs as DeviceUs,
  }));
  const { clock, atMs } = sendTimeline(sends);
  expect(clock).toBe('device');
  expect(atMs[1]).toBeCloseTo(100.4, 9);
});
