import type { BoardBook, BoardEntry } from '../boards/board-entry.ts';
import { UsageError } from '../errors.ts';
import { tiers, type Tier } from '../record/tier.ts';
import { allBoards } from './bench-file.ts';

/** What `--board` and `--port` say: one board, or several of the bench file. */
export interface BoardChoice {
  /** Absent: the harness chooses. */
  readonly tier?: Tier;
  /** Name of a board in the bench file. */
  readonly boardName?: string;
  /** As the bench file has it; absent when it has no such board, which comes out when the board is looked for. */
  readonly entry?: BoardEntry;
  /** Several boards, each to be judged by a run of its own. */
  readonly several?: readonly BoardEntry[];
}

const labelled = 'label:';

/**
 * @param book reads the bench file; asked only when a name is to be looked up there.
 * @throws UsageError `BOARD_UNKNOWN` when no board of the bench file is meant; what `book` throws.
 */
export function chooseBoard(
  { board, port }: { readonly board?: string | undefined; readonly port?: string | undefined },
  book: () => BoardBook,
): BoardChoice {
  if (board === undefined) return port === undefined ? {} : { tier: 'board' };
  const tier = tiers.find((one) => one === board);
  if (tier !== undefined) return { tier };
  if (board === allBoards || board.startsWith(labelled)) return { several: chooseSeveral(board, book()) };
  const entry = book().boards.find(({ name }) => name === board);
  return { tier: entry?.tier ?? 'board', boardName: board, ...(entry && { entry }) };
}

function chooseSeveral(board: string, { file, boards }: BoardBook): readonly BoardEntry[] {
  const label = board.startsWith(labelled) ? board.slice(labelled.length) : undefined;
  const chosen = label === undefined ? boards : boards.filter(({ labels }) => labels.includes(label));
  if (chosen.length > 0) return chosen;
  const labels = [...new Set(boards.flatMap((entry) => entry.labels))].sort();
  throw new UsageError('BOARD_UNKNOWN', {
    what: label === undefined ? 'The bench file names no board' : `No board has the label "${label}"`,
    where: file,
    next:
      label === undefined || labels.length === 0
        ? 'name the boards there (docs/bench-file.md)'
        : `choose one of ${labels.join(', ')}, or give it to a board there (docs/bench-file.md)`,
  });
}
