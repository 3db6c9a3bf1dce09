/**
 * A run in GitHub Actions: annotations at the claim's file and line, and a summary on the run's page.
 *
 * @see docs.github.com, "Workflow commands for GitHub Actions"
 */
import { randomUUID } from 'node:crypto';
import { printable } from '../printable.ts';
import type { BoardsResult } from '../record/boards-result.ts';
import type { Comparison } from '../record/comparison.ts';
import type { ClaimResult, RunError, RunResult } from '../record/verdict.ts';
import { boardColumns, boardRow } from './boards-table.ts';
import { withUnit } from './claim-table.ts';
import { comparisonCells } from './comparison-table.ts';

/**
 * Between these two lines the runner takes no line for a command, whatever a board or a compiler prints. The second one
 * can't be guessed.
 */
export function muteCommands(): { readonly begin: string; readonly end: string } {
  const token = randomUUID();
  return { begin: `::stop-commands::${token}`, end: `::${token}::` };
}

/** Workflow commands, one line each. A broken promise is an error; what could not be judged, a warning. */
export function renderAnnotations(result: RunResult): string[] {
  const claims = result.claims.filter(({ verdict }) => verdict !== 'passed').map(annotateClaim);
  // What a claim has told already is not told twice.
  const told = new Set(result.claims.map(({ reason }) => reason));
  const errors = result.errors.filter(({ message }) => !told.has(message)).map(annotateError);
  const compared = result.comparison ? annotateComparison(result.comparison) : [];
  const all = [...claims, ...compared, ...errors];
  if (all.length > 0 || result.verdict === 'passed') return all;
  return [command('warning', { title: result.verdict }, result.summary)];
}

/** Those of each board's run, and what kept a board from having one. */
export function renderBoardsAnnotations({ boards }: BoardsResult): string[] {
  return boards.flatMap(({ name, verdict, summary, run, error }) => {
    if (run !== undefined) return renderAnnotations(run);
    return [command('warning', { title: `${name}: ${error?.code ?? verdict}` }, error?.message ?? summary)];
  });
}

function annotateClaim(claim: ClaimResult): string {
  const { verdict, id, title, spec, line, reason = '' } = claim;
  const message = [`${title}: ${reason}`, ...claim.evidence.map((text) => `  | ${text}`)].join('\n');
  const place = { file: spec, ...(line !== undefined && { line }) };
  return command(
    verdict === 'failed' ? 'error' : 'warning',
    { ...place, title: `${verdict}: ${id}` },
    message,
  );
}

/** What is worse than it was is an error; what can't be told, a warning. */
function annotateComparison({ figures, outcome, summary, reference }: Comparison): string[] {
  if (figures.length === 0) {
    return [command('warning', { title: `${outcome}: comparison with ${reference}` }, summary)];
  }
  return figures.flatMap(({ id, title, outcome: found, reason = '' }) =>
    found === 'regression' || found === 'inconclusive'
      ? [
          command(
            found === 'regression' ? 'error' : 'warning',
            { title: `${found}: ${id}` },
            `${title}, against ${reference}: ${reason}`,
          ),
        ]
      : [],
  );
}

function annotateError({ fault, code, message }: RunError): string {
  // `file:line:column: error: …`, as compilers say it.
  const [, file, line] = /^\s*\|?\s*([\w./-]+):(\d+):(?:\d+:)? (?:fatal )?error:/m.exec(message) ?? [];
  const place = file === undefined || line === undefined ? {} : { file, line };
  return command(fault === 'dut' ? 'error' : 'warning', { ...place, title: code }, message);
}

function command(name: string, properties: Readonly<Record<string, string | number>>, text: string): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${given.join(',')}::${escapeData(text)}`;
}

function escapeData(text: string): string {
  const lines = text.split('\n').map((line) => printable(Buffer.from(line)).replaceAll('%', '%25'));
  return lines.join('%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** GitHub takes a MiB for a step; a claim's story is told in full in the record. */
const evidenceShown = 20;

/** The step summary, in GitHub's Markdown. */
export function renderStepSummary(result: RunResult): string {
  const { verdict, summary, board, realBoard, firmware, claims, errors, comparison, record } = result;
  const told = claims.filter(({ verdict: one }) => one !== 'passed');
  const elf =
    firmware?.elfSha256 === undefined ? '' : `, ELF SHA-256 ${code(firmware.elfSha256.slice(0, 16))}`;
  const lines = [
    `## ${marks[verdict]} HIL ${verdict}: ${plain(summary)}`,
    '',
    `Board: ${plain(board)}${realBoard ? '' : ' (**not a real board: no evidence for a release**)'}`,
    ...(firmware
      ? [
          '',
          `Firmware: ${plain(`${firmware.project} ${firmware.version}`)} (${plain(firmware.idfVersion)})${elf}`,
        ]
      : []),
    '',
    ...errors.flatMap(({ code: name, message }) => fold(plain(name), message)),
    ...told.flatMap(({ title, id, reason = '', evidence }) =>
      fold(
        `${plain(title)} (${plain(id)})`,
        [reason, ...evidence.slice(0, evidenceShown).map((line) => `  | ${line}`)].join('\n'),
      ),
    ),
    ...(claims.length > 0 ? table(claims) : ['No claim was judged.', '']),
    ...(comparison ? comparisonSection(comparison) : []),
    `Record: ${code(record)}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** A row a board, then what each of them has to tell. */
export function renderBoardsStepSummary({ verdict, summary, boards }: BoardsResult): string {
  const rows = boards
    .map(boardRow)
    .map((row) => [
      ...[row.name, row.board, row.firmware, row.claims, row.took].map(plain),
      `${marks[row.verdict]} ${row.verdict}`,
    ]);
  const head = Object.values(boardColumns);
  const lines = [
    `## ${marks[verdict]} HIL ${verdict}: ${plain(summary)}`,
    '',
    ...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    ...boards.flatMap(({ name, error }) =>
      error ? fold(plain(`${name}: ${error.code}`), error.message) : [],
    ),
  ];
  return [
    `${lines.join('\n')}\n`,
    ...boards.flatMap(({ run }) => (run ? [renderStepSummary(run)] : [])),
  ].join('\n');
}

const marks = { passed: '✅', failed: '❌', inconclusive: '⚠️', interrupted: '⚠️' } as const;

function table(claims: readonly ClaimResult[]): string[] {
  const rows = claims.map(({ title, figure, bound, unit, verdict }) =>
    [title, withUnit(figure, unit), withUnit(bound, unit), `${marks[verdict]} ${verdict}`].map(plain),
  );
  return markdownTable([['claim', 'figure', 'bound', 'verdict'], ['---', '--:', '---', '---'], ...rows]);
}

const comparisonMarks = {
  'no-regression': '✅',
  regression: '❌',
  inconclusive: '⚠️',
  'not-compared': '➖',
} as const;

function comparisonSection({ reference, referenceFirmware, summary, figures }: Comparison): string[] {
  const firmware = referenceFirmware === undefined ? '' : ` (${plain(referenceFirmware)})`;
  const head = [`Compared with ${code(reference)}${firmware}: ${plain(summary)}`, ''];
  if (figures.length === 0) return head;
  const rows = figures.map((figure) => [
    ...comparisonCells(figure).map(plain),
    `${comparisonMarks[figure.outcome]} ${figure.outcome.replace('-', ' ')}`,
  ]);
  return [
    ...head,
    ...markdownTable([
      ['figure', 'there', 'here', 'change', 'outcome'],
      ['---', '--:', '--:', '--:', '---'],
      ...rows,
    ]),
  ];
}

function markdownTable(lines: readonly (readonly string[])[]): string[] {
  return [...lines.map((cells) => `| ${cells.join(' | ')} |`), ''];
}

/** Open details, the text as it is: what a board printed is no Markdown. */
function fold(title: string, text: string): string[] {
  const lines = text.split('\n').map((line) => entities(printable(Buffer.from(line))));
  // Without an empty line in it: that would end the block and make Markdown of the rest.
  const kept = lines.map((line) => (line.trim() === '' ? '&#160;' : line));
  return [`<details open><summary>${title}</summary>`, '', `<pre>${kept.join('\n')}</pre>`, '</details>', ''];
}

function plain(text: string): string {
  return entities(printable(Buffer.from(text)));
}

function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}

/** Nothing in the text is markup, neither HTML's nor Markdown's, nor calls a person (`@name`). */
function entities(text: string): string {
  return text.replace(/[&<>"'`*_~|[\](){}#!@\\:]/g, (character) => `&#${character.charCodeAt(0)};`);
}
