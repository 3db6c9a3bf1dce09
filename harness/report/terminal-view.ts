import type { Ora } from 'ora';
import type { Progress } from '../boards/board.ts';
import type { Heard, Introduction, RunView, Stage } from '../bench/run-view.ts';
import type { CaptureReport, ClaimResult, Replay, RunResult } from '../record/verdict.ts';
import { describeCall } from '../log/call-stack.ts';
import { printable } from '../printable.ts';
import { stripColours } from '../log/log-line.ts';
import type { CrashReport } from '../record/crash-report.ts';
import { hostNow, elapsedMs, type HostNs } from '../time/clock.ts';
import { linesAround } from './around.ts';
import { paint, renderClaimTable, withUnit } from './claim-table.ts';
import { renderComparison } from './comparison-table.ts';
import { LiveCadence } from './live-cadence.ts';

export interface TerminalOptions {
  /** Show the board's console, too. */
  readonly serial?: boolean;
}

/** How often the picture of the traffic is drawn, and lines of the console are shown. */
const drawEveryMs = 100;

/**
 * Shows a run on standard output: a spinner with a bar, and the traffic as it comes, on a terminal; plain lines anywhere
 * else (CI, a pipe).
 */
export class TerminalView implements RunView {
  readonly #color: boolean;
  readonly #spinner: Ora | undefined;
  /** Errors that were shown in full: again, their first line is enough. */
  readonly #told = new Set<string>();
  readonly #serial: boolean;
  #introduction: Introduction | undefined;
  #heard: Heard = { lines: [], datagrams: [] };
  #shownLines = 0;
  #cadence: LiveCadence | undefined;
  /** What the observation is at, and since when; absent before and after. */
  #observing: { what: string; readonly sinceNs: HostNs } | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(color: boolean, { serial = false }: TerminalOptions, spinner?: Ora) {
    this.#color = color;
    this.#serial = serial;
    this.#spinner = spinner;
  }

  static async open(options: TerminalOptions = {}): Promise<TerminalView> {
    // Nobody reads on, as in `npm run hil | head`: the run goes on for its record and its exit code.
    process.stdout.on('error', () => undefined);
    // A terminal without a size, as `script` and some containers give one, can show no spinner: ora would clear it forever.
    const terminal = process.stdout.isTTY && process.stdout.columns > 0 && process.env['CI'] === undefined;
    // Asks NO_COLOR, TERM and their like.
    const color = terminal && process.stdout.hasColors();
    if (!terminal) return new TerminalView(color, options);
    const { default: ora } = await import('ora');
    // Ctrl-C must reach us as a signal, so the spinner keeps its hands off standard input.
    return new TerminalView(
      color,
      options,
      ora({
        stream: process.stdout,
        color: color && 'cyan',
        discardStdin: false,
        hideCursor: false,
      }),
    );
  }

  introduce(introduction: Introduction): void {
    this.#introduction = introduction;
    const { board, realBoard, why, firmwareDir, record } = introduction;
    this.#say(`hil: ${firmwareDir} on ${board}${realBoard ? '' : ' (not a real board)'}: ${why}`);
    this.#say(`     record: ${record}`);
  }

  warn(text: string): void {
    this.#say(`! ${quote(text)}`);
  }

  stageBegun(stage: Stage, what: string): void {
    this.#observing = stage === 'observe' ? { what, sinceNs: hostNow() } : undefined;
    if (this.#spinner) this.#spinner.start(`${stage}: ${quote(what)}`);
    else this.#say(`  ${stage.padEnd(8)} ${quote(what)} …`);
  }

  stageProgress(stage: Stage, { done, total, what }: Progress): void {
    if (this.#spinner) this.#spinner.text = `${stage}: ${bar(done / total)} ${quote(what)}`;
  }

  stageNoted(stage: Stage, text: string): void {
    this.#sayBeside(`  ${stage.padEnd(8)} ${quote(text)}`);
  }

  stageDone(stage: Stage, summary: string, elapsedMs: number): void {
    const mark = paint('passed', '✓', this.#color);
    this.#say(`${mark} ${stage.padEnd(8)} ${quote(summary)} (${seconds(elapsedMs)})`);
  }

  stageFailed(stage: Stage, message: string): void {
    this.#say(`${paint('failed', '✗', this.#color)} ${stage.padEnd(8)} ${indent(this.#tellOnce(message))}`);
  }

  watch(heard: Heard): void {
    this.#heard = heard;
    if (this.#introduction?.isRecorded) return;
    this.#cadence = new LiveCadence(this.#introduction?.periodMs ?? 100);
    this.#timer = setInterval(() => this.#draw(), drawEveryMs).unref();
  }

  claimBegun(title: string): void {
    if (this.#observing) this.#observing.what = title;
    if (this.#spinner) this.#spinner.start(`observe: ${title}`);
  }

  claimJudged(claim: ClaimResult): void {
    // What passed stands in the table at the end; what did not is told at once.
    if (claim.verdict === 'passed') return;
    // When the board is gone, every claim that follows has the same to say; the table shows them.
    if (claim.reason?.startsWith('NOT_MEASURED') === true && this.#told.has(claim.reason)) return;
    const isNew = !this.#told.has(claim.reason ?? '');
    this.#sayBeside(
      [
        `${paint(claim.verdict, `! ${claim.verdict}`, this.#color)}: ${claim.title} (${claim.id})`,
        `    ${indent(this.#tellOnce(claim.reason ?? ''))}`,
        ...(claim.figure === undefined ? [] : [`    ${compare(claim)}`]),
        ...claim.evidence.map((line) => `    | ${quote(line)}`),
        ...this.#around(claim),
        ...(isNew && claim.verdict === 'failed' ? this.#next(claim) : []),
      ].join('\n'),
    );
  }

  finish(result: RunResult): void {
    clearInterval(this.#timer);
    this.#observing = undefined;
    this.#showConsole();
    this.#spinner?.stop();
    for (const { message, crash } of result.errors)
      if (crash) this.#say(`\n${this.#tellCrash(message, crash)}`);
    if (result.claims.length > 0) {
      // Absent but on a terminal; 0 on one that has no size.
      const columns = process.stdout.columns > 0 ? process.stdout.columns : undefined;
      this.#say(['', ...renderClaimTable(result.claims, this.#color, columns)].join('\n'));
    }
    for (const { title, reason } of result.skipped ?? []) this.#say(`skipped: ${title}: ${reason}`);
    for (const { message } of result.errors.filter((error) => !this.#told.has(error.message))) {
      this.#say(`\n${this.#tellOnce(message)}`);
    }
    if (result.comparison) {
      this.#say(['', ...renderComparison(result.comparison, this.#color)].join('\n'));
    }
    if (result.replay) this.#say(`\n${compareWithRecord(result.replay)}`);
    const where = result.realBoard
      ? result.board
      : `${result.board}, not a real board: no evidence for a release`;
    this.#say(`\n${paint(result.verdict, result.verdict, this.#color)}: ${quote(result.summary)} [${where}]`);
    this.#say(`record: ${result.record} (${seconds(result.timingsMs.total)})`);
    if (result.capture) this.#say(describeCapture(result.capture, result.record));
  }

  /** Before all figures: what it was, and where, even if it was told while the run went on. */
  #tellCrash(message: string, { calls }: CrashReport): string {
    const stack = calls.map((call, depth) => `  #${depth} ${quote(describeCall(call))}`);
    const isToldAlready = this.#told.has(message);
    return [this.#tellOnce(message), ...(isToldAlready ? stack : [])].join('\n');
  }

  #tellOnce(message: string): string {
    const shown = this.#told.has(message) ? (message.split('\n', 1)[0] ?? '') : message;
    this.#told.add(message);
    return quote(shown);
  }

  /** The lines and datagrams around the first moment at which a claim was seen to be broken. */
  #around({ momentsNs: [atNs] = [] }: ClaimResult): string[] {
    if (atNs === undefined) return [];
    return [
      '    around the first of these:',
      ...linesAround(this.#heard, atNs).map((line) => `      ${quote(line)}`),
    ];
  }

  /** Errors bring their next step with them; a missed bound is looked at in the report. */
  #next({ id, reason = '' }: ClaimResult): string[] {
    if (/^Next: /m.test(reason)) return [];
    const { record = '', isRecorded = false } = this.#introduction ?? {};
    return isRecorded
      ? [`    Next: see it in a report: npm run hil -- --replay ${record} --report report.html`]
      : [
          `    Next: see ${record}/report.html#claim-${id}, or judge again: npm run hil -- --replay ${record}`,
        ];
  }

  #draw(): void {
    this.#showConsole();
    const spinner = this.#spinner;
    if (!spinner?.isSpinning || !this.#observing || !this.#cadence) return;
    const { what, sinceNs } = this.#observing;
    const columns = process.stdout.columns - 4;
    this.#cadence.update(this.#heard);
    const head = `observe ${(elapsedMs(sinceNs) / 1000).toFixed(1)} s: ${quote(what)}`;
    spinner.text = `${head.slice(0, columns)}\n  ${this.#cadence.render(columns)}`;
  }

  /** New lines of the console, where they are wanted. */
  #showConsole(): void {
    if (!this.#serial || this.#introduction?.isRecorded) return;
    const { lines, forgotten } = this.#heard;
    const fresh = lines.slice(Math.max(0, this.#shownLines - (forgotten?.lines ?? 0)));
    this.#shownLines += fresh.length;
    if (fresh.length > 0) {
      this.#sayBeside(fresh.map(({ text }) => `serial | ${quote(stripColours(text))}`).join('\n'));
    }
  }

  /** A word in between: the spinner goes on below it. */
  #sayBeside(text: string): void {
    const isSpinning = this.#spinner?.isSpinning === true;
    this.#say(text);
    if (isSpinning) this.#spinner.start();
  }

  #say(text: string): void {
    this.#spinner?.stop();
    console.log(text);
  }
}

function describeCapture({ file, by = '', reason = '' }: CaptureReport, record: string): string {
  return file === undefined ? `! ${quote(reason)}` : `capture: ${record}/${file} (${by})`;
}

function compare({ figure, bound, unit, origin }: ClaimResult): string {
  return `figure: ${withUnit(figure, unit)}; bound: ${withUnit(bound, unit)} (${origin})`;
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
