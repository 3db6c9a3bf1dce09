/** By number and by time: two ways to match the same traffic, which must agree where the second one is certain. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../record/evidence.ts';
import { findWindow, readRun } from '../record/read-run.ts';
import { balanceLedger, type Ledger, type LedgerInput } from './ledger.ts';
import { Observation } from './observation.ts';
import { payloadNumber } from './payload-number.ts';
import { delays } from './testdata/trace.ts';
import { makeTraffic } from './testdata/two-witnesses.ts';

/** What the accounts say, but for what is only known by one of the ways. */
function accounts({ uplink, downlink }: Ledger): object {
  return {
    up: [uplink.sentCount, uplink.matchedCount, uplink.lost, uplink.duplicates, uplink.unreported],
    down: [downlink.sentCount, downlink.matchedCount, downlink.lost, downlink.duplicates, downlink.unsent],
  };
}

function bothWays(input: LedgerInput): { readonly exact: Ledger; readonly inOrder: Ledger } {
  return {
    exact: balanceLedger({ ...input, numbered: true }),
    inOrder: balanceLedger({ ...input, numbered: false }),
  };
}

/** What by time is certain is so by number, too. */
function expectAgreement({ exact, inOrder }: { readonly exact: Ledger; readonly inOrder: Ledger }): void {
  expect(accounts(inOrder)).toEqual(accounts(exact));
  expect([exact.uplink.ambiguousCount, exact.downlink.ambiguousCount]).toEqual([0, 0]);
  for (const pair of inOrder.uplink.certain) expect(exact.uplink.certain).toContainEqual(pair);
  for (const pair of inOrder.downlink.certain) expect(exact.downlink.certain).toContainEqual(pair);
}

describe('on synthetic traffic', () => {
  const sendNumbers = fc.uniqueArray(fc.integer({ min: 0, max: 79 }), { maxLength: 12 });
  const conditions = {
    seed: fc.nat(),
    skewPpm: fc.integer({ min: -500, max: 500 }),
    path: fc.constantFrom(delays.none, delays.idle),
    wakeUp: fc.constantFrom(delays.none, delays.hogs),
  };

  it('with losses both ways, on a busy host, with any skew', () => {
    const traffic = fc.record({ ...conditions, lostUp: sendNumbers, lostDown: sendNumbers });
    fc.assert(
      fc.property(traffic, (options) => {
        const ledgers = bothWays(makeTraffic({ count: 80, numbered: true, ...options }));
        const { lost } = ledgers.exact.uplink;
        expect(lost.map(({ seq }) => seq)).toEqual(options.lostUp.toSorted((a, b) => a - b));
        expectAgreement(ledgers);
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  // Which of the two is the double only the numbers know; that there is one, both ways.
  it('with doubles', () => {
    const traffic = fc.record({ ...conditions, doubled: sendNumbers });
    fc.assert(
      fc.property(traffic, (options) => {
        const { exact, inOrder } = bothWays(makeTraffic({ count: 80, numbered: true, ...options }));
        expect(exact.uplink.duplicates).toHaveLength(options.doubled.length);
        expect(inOrder.uplink.duplicates).toHaveLength(options.doubled.length);
        expect([exact.uplink.lost, inOrder.uplink.lost]).toEqual([[], []]);
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});

describe('on the traffic of a virtual board', () => {
  const record = readRun(join(import.meta.dirname, '../../specs/data/numbered'));
  const observe = (name: string): Observation => {
    const window = findWindow(record, name);
    if (window === undefined || record.header.firmware === undefined) throw new Error(`no ${name}`);
    return new Observation(
      evidenceOf(window, record, {
        firmware: record.header.firmware,
        boardAddress: '127.0.0.2',
        nominalPeriodMs: 100,
        sharesHost: true,
        confidence: 0.999,
        numbered: true,
      }),
    );
  };
  const ledgers = (observation: Observation) => {
    const { evidence, sends, deviceAcks, window } = observation;
    const { datagrams, acks: serverAcks, nominalPeriodMs } = evidence;
    return bothWays({
      sends,
      deviceAcks,
      datagrams,
      serverAcks,
      window,
      evidence: window.span,
      nominalPeriodMs,
    });
  };

  it.each(['steady', 'after-loss', 'after-server-restart', 'after-ack-silence'])('%s', (name) => {
    const observation = observe(name);
    expect(observation.sends.length).toBeGreaterThan(20);
    expectAgreement(ledgers(observation));
  });

  it('they find the very datagrams and answers that were lost on purpose', () => {
    const observation = observe('after-loss');
    const { exact, inOrder } = ledgers(observation);
    const on = (way: string) => observation.impairments.filter(({ direction }) => direction === way);
    const droppedUp = on('uplink').map(({ payloadHex = '' }) =>
      payloadNumber({ payloadHex, length: payloadHex.length / 2 }),
    );
    const droppedDown = on('downlink').map(({ datagram }) => datagram);
    expect([droppedUp.length, droppedDown.length]).toEqual([7, 5]);
    for (const { uplink, downlink } of [exact, inOrder]) {
      expect(uplink.lost.map(({ seq }) => seq)).toEqual(droppedUp);
      expect(downlink.lost.map(({ datagram }) => datagram)).toEqual(droppedDown);
    }
  });

  it('reordering, doubles and late answers are known by number', () => {
    const { exact } = ledgers(observe('after-disorder'));
    expect(exact.uplink).toMatchObject({ reorderedCount: 1, lost: [], unreported: [] });
    expect(exact.uplink.duplicates).toHaveLength(2);
    expect(exact.downlink.duplicates).toHaveLength(2);
    // Damaged on purpose.
    expect(exact.downlink.lost).toHaveLength(3);
    expect(exact.downlink.unsent).toEqual([]);
  });
});
