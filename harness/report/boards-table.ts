import type { BoardOutcome } from '../record/boards-result.ts';
import { printable } from '../printable.ts';
import { paint } from './claim-table.ts';

/** What a row of the table says of a board; the same on the terminal and on a page. */
export interface BoardRow {
  readonly name: string;
  /** Kind of board, and the board itself. */
  readonly board: string;
  readonly firmware: string;
  /** How many of how many claims hold. */
  readonly claims: string;
  readonly took: string;
  readonly verdict: BoardOutcome['verdict'];
}

/** What is not known is `–`. */
export function boardRow({ name, verdict, run }: BoardOutcome): BoardRow {
  const { claims = [], firmware, timingsMs } = run ?? {};
  const holding = claims.filter((claim) => claim.verdict === 'passed').length;
  const elf = firmware?.elfSha256 === undefined ? '' : `, ELF ${firmware.elfSha256.slice(0, 9)}…`;
  return {
    name,
    board: run === undefined ? '–' : `${run.board}${run.realBoard ? '' : ', not a real board'}`,
    firmware: firmware === undefined ? '–' : `${firmware.project} ${firmware.version}${elf}`,
    claims: claims.length === 0 ? '–' : `${holding} of ${claims.length}`,
    took: timingsMs === undefined ? '–' : `${(timingsMs.total / 1000).toFixed(1)} s`,
    verdict,
  };
}

export const boardColumns = {
  name: 'name',
  board: 'board',
  firmware: 'firmware',
  claims: 'claims hold',
  took: 'took',
  verdict: 'verdict',
} as const satisfies Record<keyof BoardRow, string>;

/** The table that several boards end with: one line a board. */
export function renderBoardsTable(boards: readonly BoardOutcome[], color: boolean): string[] {
  const keys = Object.keys(boardColumns) as (keyof BoardRow)[];
  const rows = boards.map(boardRow);
  const cells = rows.map((row) => keys.map((key) => printable(Buffer.from(row[key]))));
  const head = keys.map((key) => boardColumns[key]);
  const widths = keys.map((_, column) =>
    Math.max(...[head, ...cells].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(gap)
      .trimEnd();
  return [
    line(head),
    widths.map((width) => '─'.repeat(width)).join(gap.replaceAll(' ', '─')),
    ...cells.map((row, at) =>
      line([...row.slice(0, -1), paint(rows[at]?.verdict ?? 'passed', row.at(-1) ?? '', color)]),
    ),
  ];
}

const gap = '   ';
