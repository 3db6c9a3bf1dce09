import type { Verdict } from '../record/verdict.ts';
import type { Matrix, MatrixRow } from './matrix.ts';
import { words } from './matrix.ts';

const marks: Readonly<Record<Verdict, string>> = { passed: '·', failed: 'x', inconclusive: '?' };

/** The matrix as lines of text: a row a mutant, a column a claim, what each claim is below. */
export function renderMatrix({ claims, healthy, mutants, missing }: Matrix): string[] {
  const width = Math.max(0, ...[...mutants, ...(healthy ? [healthy] : [])].map(({ name }) => name.length));
  const numbers = claims.map((_, at) => String(at + 1).padStart(2));
  const row = ({ name, verdicts, killedBy }: MatrixRow<unknown>, outcome: string): string => {
    const cells = claims.map(({ id }) => {
      const verdict = verdicts[id];
      const due = killedBy.includes(id);
      if (due) return verdict === 'failed' ? 'K' : '!';
      return verdict === undefined ? ' ' : marks[verdict];
    });
    return `${name.padEnd(width)}  ${cells.map((cell) => cell.padStart(2)).join(' ')}   ${outcome}`;
  };
  const kills = claims.map(({ killCount }) => String(killCount).padStart(2)).join(' ');
  return [
    `${''.padEnd(width)}  ${numbers.join(' ')}`,
    ...(healthy ? [row(healthy, healthy.outcome)] : []),
    ...mutants.map((mutant) => row(mutant, words[mutant.outcome])),
    `${'kills'.padEnd(width)}  ${kills}`,
    '',
    'K killed by the claim that should   ! that claim did not fail   x failed as well   · holds   ? could not be judged',
    '',
    ...claims.map(({ id, title }, at) => `${numbers[at] ?? ''}  ${id.padEnd(idWidth(claims))}  ${title}`),
    '',
    ...(missing.length > 0 ? ['missing:', ...missing.map((line) => `  ${line}`)] : []),
  ];
}

function idWidth(claims: Matrix['claims']): number {
  return Math.max(...claims.map(({ id }) => id.length));
}
