/**
 * The outcome of several boards, as it stands in `boards.json` and in the file of `--json`.
 */
import type { RunError, RunResult } from './verdict.ts';

/** What became of one of the boards: its run, or why there is none. */
export interface BoardOutcome {
  /** As the bench file has it. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly verdict: RunResult['verdict'];
  /** One sentence: why this verdict. */
  readonly summary: string;
  /** Absent when the run came to no result of its own. */
  readonly run?: RunResult;
  /** Why there is no run; absent when there is one, and when it was not begun. */
  readonly error?: RunError;
}

export interface BoardsResult {
  /** Version of this schema; see docs/run-record.md. */
  readonly schema: 1;
  readonly id: string;
  /** When the first run began, ISO 8601. */
  readonly startedAt: string;
  /** `failed` when any board failed, else `inconclusive` when any could not be judged; `interrupted` when stopped from outside. */
  readonly verdict: RunResult['verdict'];
  readonly summary: string;
  /** In the order of the bench file. */
  readonly boards: readonly BoardOutcome[];
  readonly timingsMs: { readonly total: number };
  /** Folder of what several runs have in common. Their records are beside it. */
  readonly record: string;
}
