import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { toHostNs } from './clock-alignment.ts';
import { balanceLedger, type Ledger } from './ledger.ts';
import { delays } from './testdata/trace.ts';
import { makeTraffic } from './testdata/two-witnesses.ts';

describe('a healthy device', () => {
  test('all accounts are even', () => {
    const { uplink, downlink, alignment } = balanceLedger(makeTraffic({ count: 100, path: delays.idle }));
    expect(summary({ uplink, downlink })).toEqual({ ...even(100) });
    expect(uplink.delay.sampleCount).toBe(100);
    // Alike in both directions and 20 µs at least; the bound says how far off that can be.
    expect(uplink.delay.minUs).toBeCloseTo(20, -1);
    expect(alignment?.boundUs).toBeLessThan(100);
  });

  test('the window counts what was sent in it, the evidence resolves it', () => {
    const traffic = makeTraffic({ count: 100 });
    const fromNs = (traffic.window.fromNs + 2e9) as typeof traffic.window.fromNs;
    const toNs = (traffic.window.fromNs + 5e9) as typeof traffic.window.toNs;
    const ledger = balanceLedger({ ...traffic, window: { fromNs, toNs } });
    expect(summary(ledger)).toEqual(even(30));
  });

  test('a send right before the end of the evidence is unresolved, not lost', () => {
    const traffic = makeTraffic({ count: 100, lostUp: [50, 99] });
    const { uplink } = balanceLedger({ ...traffic, evidence: traffic.window });
    expect(uplink.lost.map(({ seq }) => seq)).toEqual([50]);
    expect(uplink.unresolvedCount).toBe(1);
  });

  test('the log of a device whose UART lags by 60 ms is aligned all the same', () => {
    const traffic = makeTraffic({ count: 100, serialMs: (random) => 60 + 30 * random() });
    expect(summary(balanceLedger(traffic))).toEqual(even(100));
  });
});

describe('what is wrong is named', () => {
  test('losses, up and down', () => {
    const { uplink, downlink } = balanceLedger(
      makeTraffic({ count: 100, lostUp: [3, 4, 70], lostDown: [20, 99] }),
    );
    expect(uplink.lost.map(({ seq }) => seq)).toEqual([3, 4, 70]);
    expect(uplink.matchedCount).toBe(97);
    // The ack to send 20 answers datagram 18: 3 and 4 never came.
    expect(downlink.lost.map(({ datagram }) => datagram)).toEqual([18, 96]);
    expect([uplink.unreported, downlink.unsent, uplink.duplicates]).toEqual([[], [], []]);
  });

  test('duplicates', () => {
    const { uplink, downlink } = balanceLedger(makeTraffic({ count: 100, doubled: [10, 20] }));
    expect(uplink.duplicates).toHaveLength(2);
    expect(uplink.ambiguousCount).toBe(2);
    expect([uplink.lost, uplink.unreported, downlink.lost, downlink.unsent]).toEqual([[], [], [], []]);
  });

  test('a device that claims what it did not send', () => {
    const claimed = [5, 6, 7, 50];
    const { uplink } = balanceLedger(makeTraffic({ count: 100, claimed }));
    expect(uplink.lost.map(({ seq }) => seq)).toEqual(claimed);
  });

  test('a device that sends what it does not tell', () => {
    const { uplink } = balanceLedger(makeTraffic({ count: 100, unreported: [30, 31, 60] }));
    expect(uplink.unreported.map(({ index }) => index)).toEqual([30, 31, 60]);
    expect(uplink.matchedCount).toBe(97);
  });

  test('a device that claims acks that nobody sent', () => {
    const { downlink } = balanceLedger(makeTraffic({ count: 100, claimedAcks: [40, 41] }));
    expect(downlink.unsent.map(({ seq }) => seq)).toEqual([40, 41]);
    expect(downlink.lost).toEqual([]);
  });

  test('acks that come twice', () => {
    const { downlink } = balanceLedger(makeTraffic({ count: 100, doubledAcks: [10, 20] }));
    expect(downlink.duplicates.map(({ seq }) => seq)).toEqual([10, 20]);
    expect([downlink.lost, downlink.unsent]).toEqual([[], []]);
  });

  test('lines lost on the UART are no lie of the device', () => {
    const traffic = makeTraffic({ count: 100 });
    const sends = traffic.sends.filter(({ seq }) => seq !== 40 && seq !== 41);
    const { uplink } = balanceLedger({ ...traffic, sends });
    expect(uplink.unloggedCount).toBe(2);
    expect(uplink.unreported).toEqual([]);
  });

  test('an ack read late, together with the next one, is not taken for an early one', () => {
    const { deviceAcks, ...traffic } = makeTraffic({ count: 100 });
    // The ack to send 40 waits in the device until 10 ms before that to send 41 departs.
    const late = deviceAcks.map((ack) =>
      ack.seq === 40
        ? { ...ack, atUs: (ack.atUs + 90_000) as DeviceUs, hostNs: (ack.hostNs + 90e6) as HostNs }
        : ack,
    );
    const { downlink, alignment } = balanceLedger({ ...traffic, deviceAcks: late });
    expect(downlink).toMatchObject({ matchedCount: 100, lost: [], unsent: [] });
    expect(downlink.delay.maxUs).toBeCloseTo(90_020, -2);
    expect(alignment?.boundUs).toBeLessThan(100);
  });

  test('a datagram that overtakes others is reordering', () => {
    const { datagrams, ...traffic } = makeTraffic({ count: 100 });
    const late = datagrams.map((datagram) =>
      datagram.index === 40
        ? { ...datagram, stamp: { ...datagram.stamp, hostNs: (datagram.stamp.hostNs + 250e6) as HostNs } }
        : datagram,
    );
    const { uplink } = balanceLedger({ ...traffic, datagrams: late });
    expect(uplink.reorderedCount).toBe(1);
    expect(uplink.matchedCount).toBe(100);
  });
});

test('nothing seen, nothing said: empty accounts, no alignment', () => {
  const traffic = makeTraffic({ count: 0 });
  expect(balanceLedger(traffic)).toEqual({
    uplink: { ...emptyAccount, certain: [], lost: [], duplicates: [], unreported: [], unloggedCount: 0 },
    downlink: { ...emptyAccount, certain: [], lost: [], duplicates: [], unsent: [] },
  });
  const silent = makeTraffic({ count: 100 });
  expect(balanceLedger({ ...silent, sends: [], deviceAcks: [] }).uplink.unreported).toHaveLength(100);
  expect(balanceLedger({ ...silent, datagrams: [], serverAcks: [] }).uplink.lost).toHaveLength(100);
});

const emptyAccount = {
  sentCount: 0,
  matchedCount: 0,
  ambiguousCount: 0,
  unresolvedCount: 0,
  reorderedCount: 0,
  delay: { sampleCount: 0 },
};

describe('on any traffic', () => {
  const sendNumbers = fc.uniqueArray(fc.integer({ min: 0, max: 119 }), { maxLength: 12 });
  const traffic = fc.record({
    seed: fc.nat(),
    skewPpm: fc.integer({ min: -500, max: 500 }),
    path: fc.constantFrom(delays.none, delays.idle, delays.hogs),
    wakeUp: fc.constantFrom(delays.none, delays.hogs, delays.build),
    lostUp: sendNumbers,
    lostDown: sendNumbers,
  });

  test('losses are counted exactly, and offset and skew found within the bound that is stated', () => {
    fc.assert(
      fc.property(traffic, (options) => {
        const made = makeTraffic({ count: 120, ...options });
        const { alignment, uplink, downlink } = balanceLedger(made);
        const down = options.lostDown.filter((send) => !options.lostUp.includes(send));
        expect(uplink.lost.map(({ seq }) => seq)).toEqual(options.lostUp.toSorted((a, b) => a - b));
        expect(downlink.lost).toHaveLength(down.length);
        expect([uplink.unreported, uplink.duplicates, downlink.unsent]).toEqual([[], [], []]);
        if (alignment?.boundUs === undefined || alignment.skewBoundPpm === undefined)
          throw new Error('not aligned');
        expect(Math.abs(alignment.skewPpm - options.skewPpm)).toBeLessThanOrEqual(
          alignment.skewBoundPpm + 0.5,
        );
        for (const { atUs } of made.sends) {
          const errorUs = (toHostNs(alignment, atUs) - made.trueHostNs(atUs)) / 1e3;
          // The device's clock counts whole microseconds.
          expect(Math.abs(errorUs)).toBeLessThanOrEqual(alignment.boundUs + 2);
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('the accounts close', () => {
    fc.assert(
      fc.property(traffic, sendNumbers, sendNumbers, (options, doubled, unreported) => {
        const made = makeTraffic({ count: 120, ...options, doubled, unreported });
        const { uplink, downlink } = balanceLedger(made);
        expect(uplink.sentCount).toBe(made.sends.length);
        expect(uplink.matchedCount + uplink.lost.length).toBe(uplink.sentCount);
        const explained = uplink.duplicates.length + uplink.unreported.length + uplink.unloggedCount;
        expect(uplink.matchedCount + explained).toBe(made.datagrams.length);
        expect(downlink.matchedCount + downlink.lost.length).toBe(made.serverAcks.length);
        const unmatched = downlink.duplicates.length + downlink.unsent.length;
        expect(downlink.matchedCount + unmatched).toBe(made.deviceAcks.length);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

function summary({ uplink, downlink }: Pick<Ledger, 'uplink' | 'downlink'>): object {
  const { sentCount, matchedCount, ambiguousCount, unresolvedCount, reorderedCount } = uplink;
  return {
    up: { sentCount, matchedCount, ambiguousCount, unresolvedCount, reorderedCount, lost: uplink.lost },
    strangers: [...uplink.duplicates, ...uplink.unreported, ...downlink.unsent],
    down: { sent: downlink.sentCount, matched: downlink.matchedCount, lost: downlink.lost },
  };
}

function even(count: number): object {
  return {
    up: {
      sentCount: count,
      matchedCount: count,
      ambiguousCount: 0,
      unresolvedCount: 0,
      reorderedCount: 0,
      lost: [],
    },
    strangers: [],
    down: { sent: count, matched: count, lost: [] },
  };
}
