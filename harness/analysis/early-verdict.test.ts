/** Recorded runs, looked at as if they went on: which promise is broken for certain, and after how many sends. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Window } from '../record/events.ts';
import { evidenceOf } from '../record/evidence.ts';
import { findWindow, readRun } from '../record/read-run.ts';
import type { HostNs } from '../time/clock.ts';
import { EarlyVerdict, type BrokenPromise } from './early-verdict.ts';
import { Observation } from './observation.ts';

interface Ending extends BrokenPromise {
  /** Datagrams that had arrived by then. */
  readonly sends: number;
  readonly endNs: HostNs;
}

function watch(
  run: string,
  isJudged: (claim: string) => boolean = () => true,
  stretch = 1,
): Ending | undefined {
  const record = readRun(join(import.meta.dirname, '../../specs/data', run));
  const steady = findWindow(record, 'steady');
  const { firmware } = record.header;
  if (steady === undefined || firmware === undefined) throw new Error(`no steady window in ${run}`);
  const stretched = (ns: HostNs) => (steady.fromNs + stretch * (ns - steady.fromNs)) as HostNs;
  const datagrams = record.datagrams.map((datagram) => ({
    ...datagram,
    stamp: { ...datagram.stamp, hostNs: stretched(datagram.stamp.hostNs) },
  }));
  const arrivals = datagrams.filter(
    ({ stamp }) => stamp.hostNs >= steady.fromNs && stamp.hostNs <= stretched(steady.toNs),
  );
  const verdict = new EarlyVerdict(isJudged);
  for (const [at, { stamp }] of arrivals.entries()) {
    const sends = at + 1;
    if (!verdict.isDue(sends)) continue;
    const toNs = stamp.hostNs;
    const window: Window = { ...steady, toNs, span: { ...steady.span, toNs } };
    const soFar = evidenceOf(
      window,
      { ...record, datagrams },
      { firmware, boardAddress: '127.0.0.2', nominalPeriodMs: 100, sharesHost: true, confidence: 0.999 },
    );
    const broken = verdict.look(new Observation(soFar));
    if (broken) return { ...broken, sends, endNs: toNs };
  }
  return undefined;
}

describe('a run that ended early', () => {
  it.each(['period-of-110-ms', 'one-send-claimed'])('is ended again as it was: %s', (run) => {
    const { events } = readRun(join(import.meta.dirname, '../../specs/data', run));
    const recorded = events.find((event) => event.kind === 'window' && event.endedBy !== undefined) as Window;
    expect(watch(run)).toMatchObject(recorded.endedBy ?? {});
    expect(watch(run)?.endNs).toBe(recorded.toNs);
  });
});

describe('a healthy board', () => {
  it('is watched to the end', () => {
    expect(watch('healthy')).toBeUndefined();
  });
});

describe('a promise that is broken for certain', () => {
  it('a period that is off is known at the first look', () => {
    const isPeriod = (claim: string) => claim === 'cadence.period';
    expect(watch('healthy', isPeriod, 1.01)).toMatchObject({ claim: 'cadence.period', sends: 30 });
    expect(watch('healthy', isPeriod, 1.01)?.finding).toBe('the period is 101.00 ms');
    expect(watch('healthy', isPeriod, 0.99)?.sends).toBe(30);
  });

  it('what must never happen is known at the second look after it', () => {
    // The 61st send was logged, not made.
    expect(watch('one-send-claimed')).toMatchObject({
      claim: 'cadence.gaps',
      finding: '1 send missing',
      sends: 80,
    });
    const isWitness = (claim: string) => claim === 'witnesses.agree';
    expect(watch('one-send-claimed', isWitness)?.finding).toContain('the device logged send 60');
  });

  it('is not seen by who does not judge it', () => {
    expect(watch('one-send-claimed', (claim) => claim.startsWith('payload.'))).toBeUndefined();
  });
});
