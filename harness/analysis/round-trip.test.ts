import { describe, expect, test } from 'vitest';
import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { Ack, Datagram } from '../record/events.ts';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { analyseRoundTrips, analyseTurnaround, histogram } from './round-trip.ts';

const hostNs = 0 as HostNs;

function sent(seq: number, atUs: number): Sent {
  return { kind: 'sent', hostNs, seq, atUs: atUs as DeviceUs };
}

function acked(seq: number, atUs: number, rttUs: number, open = 1): DeviceAck {
  return { kind: 'ack', hostNs, seq, atUs: atUs as DeviceUs, rttUs, open };
}

describe('analyseRoundTrips', () => {
  test('takes figures from unambiguous acks only, and counts the others', () => {
    const sends = [sent(0, 0), sent(1, 100_000), sent(2, 200_000), sent(3, 300_000)];
    const acks = [
      acked(0, 200, 200),
      acked(2, 200_050, 50, 2),
      acked(2, 200_400, 400, 0),
      acked(3, 300_300, 300),
    ];
    expect(analyseRoundTrips(sends, acks)).toEqual({
      rtt: {
        sampleCount: 2,
        minUs: 200,
        meanUs: 250,
        p50Us: 250,
        p90Us: 290,
        p95Us: 295,
        p99Us: 299,
        maxUs: 300,
      },
      histogram: [{ fromUs: 200, toUs: 500, count: 2 }],
      ackCount: 4,
      ambiguousCount: 2,
      lateCount: 1,
      lostCount: 0,
    });
  });

  test('the send in flight at the end of the log is not lost', () => {
    const acks = [acked(0, 200, 200)];
    expect(analyseRoundTrips([sent(0, 0), sent(1, 100_000)], acks).lostCount).toBe(0);
    expect(analyseRoundTrips([sent(0, 0), sent(1, 100_000), sent(2, 200_000)], acks).lostCount).toBe(1);
  });

  test('an ack that follows a lost one is ambiguous, not late', () => {
    const sends = [sent(0, 0), sent(1, 100_000)];
    expect(analyseRoundTrips(sends, [acked(1, 100_200, 200, 2)])).toMatchObject({
      rtt: { sampleCount: 0 },
      ambiguousCount: 1,
      lateCount: 0,
      lostCount: 1,
    });
  });

  test('nothing logged: no figures', () => {
    expect(analyseRoundTrips([], [])).toEqual({
      rtt: { sampleCount: 0 },
      histogram: [],
      ackCount: 0,
      ambiguousCount: 0,
      lateCount: 0,
      lostCount: 0,
    });
  });
});

test('turnaround is from arrival to answer; withheld and foreign acks have none', () => {
  const datagram = (index: number, atNs: number): Datagram => ({
    kind: 'datagram',
    index,
    stamp: { hostNs: atNs as HostNs, source: 'kernel', boundUs: 50 },
    from: { address: '127.0.0.2', port: 50000 },
    length: 0,
    payloadHex: '',
  });
  const acks: Ack[] = [
    { kind: 'ack', datagram: 0, outcome: 'sent', hostNs: 1_080_000 as HostNs },
    { kind: 'ack', datagram: 1, outcome: 'withheld' },
    { kind: 'ack', datagram: 9, outcome: 'sent', hostNs: 5_000_000 as HostNs },
  ];
  expect(analyseTurnaround([datagram(0, 1_000_000), datagram(1, 2_000_000)], acks)).toMatchObject({
    sampleCount: 1,
    p50Us: 80,
  });
});

test('a histogram has each duration once, in bins of a 1–2–5 series without holes', () => {
  const durations = [0.5, 1, 1.9, 2, 7, 999, 1000];
  const bins = histogram(durations);
  expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(durations.length);
  expect(bins.slice(0, 3)).toEqual([
    { fromUs: 0, toUs: 1, count: 1 },
    { fromUs: 1, toUs: 2, count: 2 },
    { fromUs: 2, toUs: 5, count: 1 },
  ]);
  expect(bins.at(-1)).toEqual({ fromUs: 1000, toUs: 2000, count: 1 });
  bins.slice(1).forEach((bin, i) => expect(bin.fromUs).toBe(bins[i]?.toUs));
});
