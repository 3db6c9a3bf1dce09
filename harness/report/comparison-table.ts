import { styleText } from 'node:util';
import { printable } from '../printable.ts';
import type { ComparedFigure, Comparison } from '../record/comparison.ts';
import { withUnit } from './claim-table.ts';

const styles = {
  'no-regression': 'green',
  regression: 'red',
  inconclusive: 'yellow',
  'not-compared': 'dim',
} as const;

/** The table of a comparison: figure, there, here, what has changed, outcome; below it why, where it is no plain "no regression". */
export function renderComparison(
  { reference, referenceFirmware, referenceRunCount, summary, figures }: Comparison,
  color: boolean,
): string[] {
  const runs = referenceRunCount > 1 ? `, ${referenceRunCount} runs` : '';
  const firmware = referenceFirmware === undefined ? '' : ` (${referenceFirmware}${runs})`;
  const title = quote(`compared with ${reference}${firmware}`);
  if (figures.length === 0) return [`${title}: ${quote(summary)}`];
  const head = ['figure', 'there', 'here', 'change', 'outcome'];
  const rows = figures.map((figure) => [...comparisonCells(figure), figure.outcome.replace('-', ' ')]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(gap);
  const rule = widths.map((width) => '─'.repeat(width)).join(gap.replaceAll(' ', '─'));
  return [
    title,
    line(head).trimEnd(),
    rule,
    ...figures.map((figure, at) => paint(figure, line(rows[at] ?? []).trimEnd(), color)),
    ...reasons(figures),
  ];
}

const gap = '   ';

/** Why, where it is no plain "no regression"; what several figures have in common is told once. */
function reasons(figures: readonly ComparedFigure[]): string[] {
  const told = [...new Set(figures.flatMap(({ reason }) => reason ?? []))];
  return told.map((reason) => {
    const titles = figures.filter((figure) => figure.reason === reason).map(({ title }) => title);
    return quote(`  ${titles.join('; ')}: ${reason}`);
  });
}

/** Title, both values and the change of a figure, as a person reads them. */
export function comparisonCells({
  title,
  baseline,
  figure,
  unit,
  change,
  low,
  high,
  changeUnit,
}: ComparedFigure): readonly [string, string, string, string] {
  return [
    title,
    withUnit(baseline, unit),
    withUnit(figure, unit),
    describeChange(change, low, high, changeUnit),
  ];
}

/** `+20 % (17 to 23)`; without the interval where the change is exact. */
function describeChange(
  change: number | undefined,
  low: number | undefined,
  high: number | undefined,
  unit: string,
): string {
  if (change === undefined) return '–';
  const told = `${signed(change)} ${unit}`;
  return low === undefined || high === undefined || low === high
    ? told
    : `${told} (${signed(low)} to ${signed(high)})`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`;
}

function paint({ outcome }: ComparedFigure, text: string, color: boolean): string {
  // The caller has decided about colour; styleText would ask standard output again.
  return color ? styleText(styles[outcome], text, { validateStream: false }) : text;
}

/** The words of a baseline file and of a build: nothing in them may steer the terminal. */
function quote(text: string): string {
  return printable(Buffer.from(text));
}
