import * as figures from './figures.ts';
import { clockReversals, numberingErrors } from './log-figures.ts';
import type { Measurement } from './measurement.ts';
import type { Observation } from './observation.ts';

/** A promise that is broken for certain before the time to watch it is over. */
export interface BrokenPromise {
  /** Id of the claim that will fail. */
  readonly claim: string;
  readonly finding: string;
}

/** So many sends are watched at least: each claim has its figure from 20 on. */
const FEWEST_SENDS = 30;
/** Between two looks: these, or a tenth more where there are many, so that looking costs less than watching. */
const SENDS_BETWEEN_LOOKS = 10;
const GROWTH = 1.1;

type Never = Readonly<Record<string, (observation: Observation) => Measurement>>;

/** What must never happen: to see it once is to know. */
const neverOnTheNetwork: Never = {
  'cadence.gaps': figures.missingSends,
  'cadence.extra': figures.extraSends,
};
const neverInTheLog: Never = {
  'log.numbers': numberingErrors,
  'log.clock': clockReversals,
  'round-trip.acks': figures.unloggedAcks,
  'round-trip.true': figures.impossibleRoundTrips,
  'witnesses.agree': figures.contradictions,
};

/**
 * Looks at an observation while it goes on, for a promise that is broken for certain: then it need not go on. That nothing is
 * broken is never certain before the time is over.
 *
 * A period that is off shows by a sequential test. What must never happen has to be seen at two looks, a second apart: what
 * looks broken only because the evidence ends there has found its counterpart by then, and this host has told whether it was
 * late itself.
 */
export class EarlyVerdict {
  readonly #isJudged: (claim: string) => boolean;
  #suspects: ReadonlySet<string> = new Set();
  #nextLook = FEWEST_SENDS;

  /** `isJudged`: whether a claim of that id is part of the run. No other may end its observation. */
  constructor(isJudged: (claim: string) => boolean) {
    this.#isJudged = isJudged;
  }

  /** Is it worth to look again, now that `sendCount` sends have arrived? */
  isDue(sendCount: number): boolean {
    return sendCount >= this.#nextLook;
  }

  /** @param soFar - from the observation's begin to the latest arrival */
  look(soFar: Observation): BrokenPromise | undefined {
    const { sampleCount, periodDecision, meanMs } = soFar.cadence;
    this.#nextLook = Math.ceil(Math.max(sampleCount + SENDS_BETWEEN_LOOKS, sampleCount * GROWTH));
    if (periodDecision === 'off' && this.#isJudged('cadence.period')) {
      return { claim: 'cadence.period', finding: `the period is ${(meanMs ?? NaN).toFixed(2)} ms` };
    }
    const broken = findBroken({ ...neverOnTheNetwork, ...neverInTheLog }, this.#isJudged, soFar);
    const certain = broken.find(({ claim }) => this.#suspects.has(claim));
    this.#suspects = new Set(broken.map(({ claim }) => claim));
    return certain;
  }
}

/** Whether the device's log has a part in a claim: it may lag the network on a busy host, so that much seems to be missing. */
export function dependsOnLog({ claim }: BrokenPromise): boolean {
  return claim in neverInTheLog;
}

/** Does such a promise still look broken, now that the log has come as far as the network? */
export function isStillBroken({ claim }: BrokenPromise, observation: Observation): boolean {
  return findBroken(neverInTheLog, (id) => id === claim, observation).length > 0;
}

function findBroken(
  never: Never,
  isAsked: (claim: string) => boolean,
  observation: Observation,
): BrokenPromise[] {
  return Object.entries(never)
    .filter(([claim]) => isAsked(claim))
    .flatMap(([claim, measure]) => {
      const { figure, finding = '', hostError = 0, consoleError = 0 } = measure(observation);
      return typeof figure === 'number' && figure > hostError + consoleError ? [{ claim, finding }] : [];
    });
}
