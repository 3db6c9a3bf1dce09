/** How a run compares with an earlier one: `comparison` of `verdict.json`. */

/** Of the whole and of each figure. `inconclusive`: it can't be told from these runs. */
export type ComparisonOutcome = 'no-regression' | 'regression' | 'inconclusive';

export interface Comparison {
  readonly outcome: ComparisonOutcome;
  /** One sentence: why. */
  readonly summary: string;
  /** What the run was compared with: a run's folder or a baseline file. */
  readonly reference: string;
  /** The firmware there. Absent when nothing could be compared. */
  readonly referenceFirmware?: string;
  /** How many runs the reference holds. */
  readonly referenceRunCount: number;
  /** One minus the probability that a regression is claimed anywhere in this comparison though there is none. */
  readonly confidence: number;
  /** Empty when the runs can't be compared at all. */
  readonly figures: readonly ComparedFigure[];
}

export interface ComparedFigure {
  /** Stable name, such as `round-trip`. */
  readonly id: string;
  readonly title: string;
  /** `not-compared`: one of the runs does not tell it, or it means nothing here. */
  readonly outcome: ComparisonOutcome | 'not-compared';
  /** Of `baseline` and `figure`. */
  readonly unit: string;
  readonly baseline?: number;
  readonly figure?: number;
  /** From baseline to this run, in `changeUnit`; absent when one of them is. */
  readonly change?: number;
  /** Where the change lies, with the confidence of the whole comparison. */
  readonly low?: number;
  readonly high?: number;
  readonly changeUnit: string;
  /** Which way is worse; `other`: both. */
  readonly worse: 'more' | 'less' | 'other';
  /** Runs of one firmware may differ by as much: a regression is certainly beyond it. In `changeUnit`. */
  readonly tolerance?: number;
  /** Where there is no regression, any change for the worse is certainly smaller than this. In `changeUnit`. */
  readonly smallestEffect?: number;
  /** Where these two numbers come from. */
  readonly origin: string;
  /** Samples of this run that the figure stands on; absent where that means nothing. */
  readonly sampleCount?: number;
  /** Why it is no plain `no-regression`. */
  readonly reason?: string;
}
