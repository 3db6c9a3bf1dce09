import type { Progress } from '../boards/board.ts';
import type { StageMark } from '../record/events.ts';
import type { Witnesses } from '../record/evidence.ts';
import type { ClaimResult, RunResult } from '../record/verdict.ts';

export type Stage = StageMark['stage'];

/** Somebody who watches a run: the terminal. Told as things happen; can't change anything. */
export interface RunView {
  /** First line of a run: which board and why. */
  introduce(introduction: Introduction): void;
  /** Something that should be put right, and doesn't keep the run from going on. */
  warn(text: string): void;
  stageBegun(stage: Stage, what: string): void;
  stageProgress(stage: Stage, progress: Progress): void;
  /** Something happened in a stage that goes on. */
  stageNoted(stage: Stage, text: string): void;
  stageDone(stage: Stage, summary: string, elapsedMs: number): void;
  stageFailed(stage: Stage, message: string): void;
  /** What both witnesses tell from here on; it grows while the run goes on. */
  watch(heard: Heard): void;
  claimBegun(title: string): void;
  claimJudged(claim: ClaimResult): void;
  finish(result: RunResult): void;
}

export interface Heard extends Pick<Witnesses, 'lines' | 'datagrams'> {
  /** How many of each are no longer there, having been at the front; absent: none. */
  readonly forgotten?: { readonly lines: number; readonly datagrams: number };
}

export interface Introduction {
  readonly board: string;
  readonly realBoard: boolean;
  /** Why this board was taken. */
  readonly why: string;
  readonly firmwareDir: string;
  /** Promised time between two datagrams. */
  readonly periodMs: number;
  /** Folder of the run record, as a person would type it. */
  readonly record: string;
  /** A recorded run that is judged again. */
  readonly isRecorded?: true;
}
