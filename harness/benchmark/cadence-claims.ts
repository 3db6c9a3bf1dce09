import { atMost, exactly, within, type Bound } from '../analysis/bound.ts';
import * as figures from '../analysis/figures.ts';
import type { Measurement } from '../analysis/measurement.ts';
import { Observation } from '../analysis/observation.ts';
import type { Window } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import type { HeardBoard } from './client-boards.ts';

const meaning = { origin: 'specs/bounds.ts' };

/** The claims about cadence, with their bounds as in specs/bounds.ts, which nothing may import; a test compares them. */
export const claims: Readonly<Record<string, readonly [(observation: Observation) => Measurement, Bound]>> = {
  'cadence.mean': [figures.meanPeriodMs, within(100, 1, meaning)],
  'cadence.period': [figures.periodErrorPpm, within(0, 1000, meaning)],
  'cadence.spread': [figures.intervalSpreadMs, atMost(2, meaning)],
  'cadence.late': [figures.latenessMs, atMost(25, meaning)],
  'cadence.gaps': [figures.missingSends, exactly(0, meaning)],
  'cadence.extra': [figures.extraSends, exactly(0, meaning)],
  'cadence.phase': [figures.phaseStepMs, atMost(5, meaning)],
};

export type Verdict = 'passed' | 'failed' | 'inconclusive';

/** What the claims about cadence come to, as `npm run hil` would judge them. */
export interface CadenceVerdict {
  readonly verdict: Verdict;
  /** The first claim that did not pass, and its figure. */
  readonly because?: string;
}

export function judgeCadence(observation: Observation, only = Object.keys(claims)): CadenceVerdict {
  const judged = only.flatMap((id) => {
    const claim = claims[id];
    return claim === undefined ? [] : [judge(id, claim[0](observation), claim[1])];
  });
  return (
    judged.find(({ verdict }) => verdict === 'failed') ??
    judged.find(({ verdict }) => verdict === 'inconclusive') ?? { verdict: 'passed' }
  );
}

function judge(id: string, { figure, hostError = 0 }: Measurement, bound: Bound): CadenceVerdict {
  const because = `${id}: ${figure ?? 'no figure'}${hostError > 0 ? `, of which ${hostError} may be the host's` : ''}`;
  if (figure === undefined) return { verdict: 'inconclusive', because };
  if (bound.holds(figure)) return { verdict: 'passed' };
  return { verdict: bound.couldHold(figure, hostError) ? 'inconclusive' : 'failed', because };
}

/** An observation of one board that was only heard on the network: the first `count` of its datagrams, by default all. */
export function observeArrivals(
  { address, datagrams: heard, health, boardStalls }: HeardBoard,
  count = heard.length,
): Observation {
  const datagrams = heard.slice(0, count);
  const fromNs = datagrams[0]?.stamp.hostNs ?? (0 as HostNs);
  const toNs = datagrams.at(-1)?.stamp.hostNs ?? fromNs;
  const window: Window = { kind: 'window', name: 'steady', fromNs, toNs, span: { fromNs, toNs } };
  return new Observation({
    window,
    lines: [],
    acks: [],
    impairments: [],
    datagrams,
    health,
    boardStalls,
    firmware: { dir: '', project: '', version: '', idfVersion: '', target: '' },
    boardAddress: address,
    sharesHost: true,
    nominalPeriodMs: 100,
    confidence: 0.999,
  });
}
