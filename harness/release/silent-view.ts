import type { RunView } from '../bench/run-view.ts';

const nothing = (): void => undefined;

/** Somebody who watches a run and says nothing: its result is all that is wanted. */
export const silentView: RunView = {
  introduce: nothing,
  warn: nothing,
  stageBegun: nothing,
  stageProgress: nothing,
  stageNoted: nothing,
  stageDone: nothing,
  stageFailed: nothing,
  watch: nothing,
  claimBegun: nothing,
  claimJudged: nothing,
  finish: nothing,
};
