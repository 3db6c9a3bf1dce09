import type { BoardOutcome, BoardsResult } from '../record/boards-result.ts';

/** One verdict for all: a broken promise that was seen stays seen; then, what could not be judged is not passed. */
export function concludeBoards(
  boards: readonly BoardOutcome[],
  isInterrupted: boolean,
): Pick<BoardsResult, 'verdict' | 'summary'> {
  if (isInterrupted) return { verdict: 'interrupted', summary: 'stopped before all boards had a verdict' };
  const named = (verdict: BoardOutcome['verdict']) =>
    boards.filter((board) => board.verdict === verdict).map(({ name }) => name);
  const failed = named('failed');
  if (failed.length > 0) {
    return { verdict: 'failed', summary: `${share(failed, boards)} broke a promise: ${failed.join(', ')}` };
  }
  // A run that was stopped by itself, too, is none that was judged.
  const open = boards.filter(({ verdict }) => verdict !== 'passed').map(({ name }) => name);
  if (open.length > 0 || boards.length === 0) {
    return {
      verdict: 'inconclusive',
      summary: `${share(open, boards)} could not be judged: ${open.join(', ')}`,
    };
  }
  return { verdict: 'passed', summary: `all ${boards.length} boards keep every promise` };
}

function share(some: readonly unknown[], { length }: readonly unknown[]): string {
  return `${some.length} of ${length} boards`;
}
