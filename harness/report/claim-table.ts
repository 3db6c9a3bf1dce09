import { styleText } from 'node:util';
import type { ClaimResult, RunResult } from '../record/verdict.ts';

const styles = { passed: 'green', failed: 'red', inconclusive: 'yellow', interrupted: 'yellow' } as const;

/** `text` in the colour of a verdict; as it is where colours are not wanted. */
export function paint(verdict: RunResult['verdict'], text: string, color: boolean): string {
  // The caller has decided about colour; styleText would ask standard output again.
  return color ? styleText(styles[verdict], text, { validateStream: false }) : text;
}

/**
 * The table that a run ends with: claim, figure, bound, verdict; one line a claim. Where `columns` are too few for that,
 * the claim gets a line of its own above its figures: wrapped by the terminal, columns are no columns any more.
 */
export function renderClaimTable(
  claims: readonly ClaimResult[],
  color: boolean,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const head = ['claim', 'figure', 'bound', 'verdict'];
  const rows = claims.map((claim) => [
    claim.title,
    withUnit(claim.figure, claim.unit),
    withUnit(claim.bound, claim.unit),
    paint(claim.verdict, claim.verdict, color),
  ]);
  const widths = head
    .slice(0, -1)
    .map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const rule = [...widths, 'inconclusive'.length]
    .map((width) => '─'.repeat(width))
    .join(gap.replaceAll(' ', '─'));
  const lines = (row: readonly string[]): string[] => {
    const [claim = '', ...figures] = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    return rule.length <= columns
      ? [[claim, ...figures].join(gap)]
      : [claim.trimEnd(), gap + figures.join(gap)];
  };
  return [...lines(head), rule.slice(0, columns), ...rows.flatMap(lines)];
}

const gap = '   ';

/** A figure or bound as a person reads it; `–` where there is none. */
export function withUnit(value: number | string | undefined, unit: string): string {
  if (value === undefined) return '–';
  const text = typeof value === 'number' ? formatNumber(value) : value;
  return unit === '' ? text : `${text} ${unit}`;
}

/** Whole numbers as they are, others to five significant digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}
