import type { Ora } from 'ora';
import type { Progress } from '../boards/board.ts';
import type { Introduction, RunView, Stage } from '../bench/run-view.ts';
import type { ClaimResult, Replay, RunResult } from '../record/verdict.ts';
import { printable } from '../printable.ts';
import { paint, renderClaimTable } from './claim-table.ts';

/** Shows a run on standard output: a spinner with a bar on a terminal, plain lines anywhere else (CI, a pipe). */
export class TerminalView implements RunView {
  readonly #color: boolean;
  readonly #spinner: Ora | undefined;
  /** Errors that were shown in full: again, their first line is enough. */
  readonly #told = new Set<string>();

  private constructor(color: boolean, spinner?: Ora) {
    this.#color = color;
    this.#spinner = spinner;
  }

  static async open(): Promise<TerminalView> {
    // Nobody reads on, as in `npm run hil | head`: the run goes on for its record and its exit code.
    process.stdout.on('error', () => undefined);
    // A terminal without a size, as `script` and some containers give one, can show no spinner: ora would clear it forever.
    const terminal = process.stdout.isTTY && process.stdout.columns > 0 && process.env['CI'] === undefined;
    // Asks NO_COLOR, TERM and their like.
    const color = terminal && process.stdout.hasColors();
    if (!terminal) return new TerminalView(color);
    const { default: ora } = await import('ora');
    // Ctrl-C must reach us as a signal, so the spinner keeps its hands off standard input.
    return new TerminalView(
      color,
      ora({
        stream: process.stdout,
        color: color && 'cyan',
        discardStdin: false,
        hideCursor: false,
      }),
    );
  }

  introduce({ board, realBoard, why, firmwareDir, record }: Introduction): void {
    this.#say(`hil: ${firmwareDir} on ${board}${realBoard ? '' : ' (not a real board)'}: ${why}`);
    this.#say(`     record: ${record}`);
  }

  warn(text: string): void {
    this.#say(`! ${quote(text)}`);
  }

  stageBegun(stage: Stage, what: string): void {
    if (this.#spinner) this.#spinner.start(`${stage}: ${quote(what)}`);
    else this.#say(`  ${stage.padEnd(8)} ${quote(what)} …`);
  }

  stageProgress(stage: Stage, { done, total, what }: Progress): void {
    if (this.#spinner) this.#spinner.text = `${stage}: ${bar(done / total)} ${quote(what)}`;
  }

  stageNoted(stage: Stage, text: string): void {
    this.#say(`  ${stage.padEnd(8)} ${quote(text)}`);
  }

  stageDone(stage: Stage, summary: string, elapsedMs: number): void {
    const mark = paint('passed', '✓', this.#color);
    this.#say(`${mark} ${stage.padEnd(8)} ${quote(summary)} (${seconds(elapsedMs)})`);
  }

  stageFailed(stage: Stage, message: string): void {
    this.#say(`${paint('failed', '✗', this.#color)} ${stage.padEnd(8)} ${indent(this.#tellOnce(message))}`);
  }

  claimBegun(title: string): void {
    if (this.#spinner) this.#spinner.start(`observe: ${title}`);
  }

  claimJudged(claim: ClaimResult): void {
    // What passed stands in the table at the end; what did not is told at once.
    if (claim.verdict === 'passed') return;
    this.#say(`${paint(claim.verdict, `! ${claim.verdict}`, this.#color)}: ${claim.title} (${claim.id})`);
    this.#say(`    ${indent(this.#tellOnce(claim.reason ?? ''))}`);
    for (const line of claim.evidence) this.#say(`    | ${quote(line)}`);
  }

  finish(result: RunResult): void {
    this.#spinner?.stop();
    if (result.claims.length > 0) {
      // Absent but on a terminal; 0 on one that has no size.
      const columns = process.stdout.columns > 0 ? process.stdout.columns : undefined;
      this.#say(['', ...renderClaimTable(result.claims, this.#color, columns)].join('\n'));
    }
    for (const { title, reason } of result.skipped ?? []) this.#say(`skipped: ${title}: ${reason}`);
    for (const { message } of result.errors.filter((error) => !this.#told.has(error.message))) {
      this.#say(`\n${this.#tellOnce(message)}`);
    }
    if (result.replay) this.#say(`\n${compareWithRecord(result.replay)}`);
    const where = result.realBoard
      ? result.board
      : `${result.board}, not a real board: no evidence for a release`;
    this.#say(`\n${paint(result.verdict, result.verdict, this.#color)}: ${quote(result.summary)} [${where}]`);
    this.#say(`record: ${result.record} (${seconds(result.timingsMs.total)})`);
  }

  #tellOnce(message: string): string {
    const shown = this.#told.has(message) ? (message.split('\n', 1)[0] ?? '') : message;
    this.#told.add(message);
    return quote(shown);
  }

  #say(text: string): void {
    this.#spinner?.stop();
    console.log(text);
  }
}

function compareWithRecord({ recordedVerdict, changed }: Replay): string {
  const told = `recorded verdict: ${recordedVerdict === 'none' ? 'none, the run was killed' : recordedVerdict}`;
  if (changed.length === 0) return `${told}; every claim is as it was`;
  return [
    `${told}; ${changed.length} claims are other than they were:`,
    ...changed.map((line) => `  ${line}`),
  ].join('\n');
}

/** Text that holds what a board, a build or the network said: nothing in it may steer the terminal. */
function quote(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(Buffer.from(line)))
    .join('\n');
}

function bar(ratio: number): string {
  const width = 24;
  const filled = Math.round(Math.min(1, Math.max(0, ratio)) * width);
  return `[${'█'.repeat(filled)}${'·'.repeat(width - filled)}] ${Math.round(ratio * 100)} %`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
