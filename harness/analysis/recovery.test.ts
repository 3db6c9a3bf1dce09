import { describe, expect, it } from 'vitest';
import type { DeviceAck } from '../log/device-event.ts';
import type { Datagram } from '../record/events.ts';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { findRecovery } from './recovery.ts';

function arrivalsAt(...timesMs: number[]): Datagram[] {
  return timesMs.map((ms, index) => ({
    kind: 'datagram',
    index,
    stamp: { hostNs: (ms * 1e6) as HostNs, source: 'kernel', boundUs: 1 },
    from: { address: '127.0.0.2', port: 50_000 },
    length: 16,
    payloadHex: '',
  }));
}

function ackAt(ms: number): DeviceAck {
  return { kind: 'ack', hostNs: (ms * 1e6) as HostNs, seq: 0, atUs: 0 as DeviceUs, rttUs: 300, open: 1 };
}

const every100 = Array.from({ length: 14 }, (_, at) => 1050 + at * 100);
const sinceNs = 1e9 as HostNs;
const nominalPeriodMs = 100;

describe('findRecovery', () => {
  it('takes the first send on schedule, or the first ack if that is later', () => {
    const arrivals = arrivalsAt(850, 950, ...every100);
    expect(findRecovery({ arrivals, answers: [ackAt(960), ackAt(1060)], sinceNs, nominalPeriodMs })).toBe(
      1060e6,
    );
    expect(findRecovery({ arrivals, answers: [ackAt(1020)], sinceNs, nominalPeriodMs })).toBe(1050e6);
  });

  it('passes over a burst before the schedule', () => {
    const arrivals = arrivalsAt(1001, 1002, 1003, 1004, 1005, ...every100);
    expect(findRecovery({ arrivals, answers: [ackAt(1002)], sinceNs, nominalPeriodMs })).toBe(1003e6);
  });

  it('is not put off by one send that the host held up', () => {
    const arrivals = arrivalsAt(...every100.map((ms) => (ms === 1350 ? 1430 : ms)));
    expect(findRecovery({ arrivals, answers: [ackAt(1060)], sinceNs, nominalPeriodMs })).toBe(1060e6);
  });

  it('finds none without acks, without ten intervals, or at another period', () => {
    const arrivals = arrivalsAt(...every100);
    const slow = arrivalsAt(...every100.map((ms) => 2 * ms));
    expect(findRecovery({ arrivals, answers: [], sinceNs, nominalPeriodMs })).toBeUndefined();
    expect(
      findRecovery({ arrivals: arrivals.slice(0, 10), answers: [ackAt(1060)], sinceNs, nominalPeriodMs }),
    ).toBeUndefined();
    expect(
      findRecovery({ arrivals: slow, answers: [ackAt(2200)], sinceNs, nominalPeriodMs }),
    ).toBeUndefined();
  });
});
