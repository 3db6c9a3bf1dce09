import type { BoardsView } from '../fleet/judge-boards.ts';
import type { BoardOutcome, BoardsResult } from '../record/boards-result.ts';
import { printable } from '../printable.ts';
import { renderBoardsTable } from './boards-table.ts';
import { paint } from './claim-table.ts';

/** Where a run comes to its own table, or its verdict: what follows stands in its log and its report. */
const lastWords = /^(?:claim {2,}|(?:passed|failed|inconclusive|interrupted): )/;

/** Several runs on standard output, line by line as they come, each with the name of its board before it. */
export class BoardsTerminalView implements BoardsView {
  readonly #color: boolean;
  #width = 0;
  /** Boards whose run has come to its last words. */
  readonly #done = new Set<string>();

  constructor(color: boolean) {
    this.#color = color;
    // Nobody reads on, as in `npm run hil | head`: the runs go on for their records and the exit code.
    process.stdout.on('error', () => undefined);
  }

  introduce({ turns, queues, record }: Parameters<BoardsView['introduce']>[0]): void {
    this.#width = Math.max(...turns.map(({ entry }) => entry.name.length));
    const sharing =
      queues < turns.length ? `, ${queues} at once: those with one server take turns` : ', at once';
    console.log(`hil: ${turns.length} boards${sharing}`);
    console.log(`     record: ${record}`);
    for (const { entry, server } of turns)
      this.#say(entry.name, `served at ${server.address}:${server.port}`);
  }

  line(name: string, line: string): void {
    if (lastWords.test(line)) this.#done.add(name);
    if (!this.#done.has(name) && line.trim() !== '') this.#say(name, line);
  }

  judged({ name, verdict, summary, run, error }: BoardOutcome): void {
    this.#say(name, `${paint(verdict, verdict, this.#color)}: ${summary}`);
    if (run !== undefined) this.#say(name, `record: ${run.record}`);
    for (const line of error?.message.split('\n').slice(1) ?? []) this.#say(name, line);
  }

  finish({ boards, verdict, summary, record, timingsMs }: BoardsResult): void {
    console.log(['', ...renderBoardsTable(boards, this.#color), ''].join('\n'));
    const virtual = boards.filter(({ run }) => run?.realBoard === false).length;
    const evidence =
      virtual === 0 ? '' : ` [${virtual} of ${boards.length} not a real board: no evidence for a release]`;
    console.log(`${paint(verdict, verdict, this.#color)}: ${summary}${evidence}`);
    console.log(`record: ${record} (${(timingsMs.total / 1000).toFixed(2)} s)`);
  }

  #say(name: string, line: string): void {
    console.log(`${`[${name}]`.padEnd(this.#width + 2)} ${printable(Buffer.from(line))}`);
  }
}
