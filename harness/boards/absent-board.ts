import type { Tier } from '../record/tier.ts';
import type { Board, Built, Console, StageOutcome } from './board.ts';

/** In the place of a board that can't be had: the run has its record and its verdict, and says why at its first stage. */
export class AbsentBoard implements Board {
  readonly tier: Tier;
  readonly name: string;
  readonly #why: Error;

  constructor(name: string, why: Error, tier: Tier = 'board') {
    this.name = name;
    this.#why = why;
    this.tier = tier;
  }

  get real(): boolean {
    return this.tier === 'board';
  }

  get console(): Console {
    throw this.#why;
  }

  build(): Promise<Built> {
    return Promise.reject(this.#why);
  }

  flash(): Promise<StageOutcome> {
    return Promise.reject(this.#why);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
