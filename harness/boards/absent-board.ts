import type { BenchError } from '../errors.ts';
import type { Board, Built, Console, StageOutcome } from './board.ts';

/** In the place of a real board that can't be found: the run has its record and its verdict, and says why at its first stage. */
export class AbsentBoard implements Board {
  readonly tier = 'board';
  readonly real = true;
  readonly name: string;
  readonly #why: BenchError;

  constructor(name: string, why: BenchError) {
    this.name = name;
    this.#why = why;
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
