import { styleText } from 'node:util';
import { isInTheWay, type Diagnosis } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';

export interface DiagnosisStyle {
  readonly color: boolean;
  /** Where lines are broken; commands never are, so that they can be copied. */
  readonly columns: number;
}

const nameWidth = 19;
const stateWidth = 9;

/** The doctor's report: a line for each thing, and what mends it below. What keeps the tier from running comes in red. */
export function renderDiagnosis(diagnosis: Diagnosis, style: DiagnosisStyle): string[] {
  const { tier, canRun, findings } = diagnosis;
  const inTheWay = findings.filter((finding) => isInTheWay(finding, tier));
  const verdict = canRun
    ? `The ${tier} tier can run.`
    : `The ${tier} tier can not run: ${inTheWay.map(({ name }) => name).join(', ')}.`;
  return [
    ...findings.flatMap((finding) => renderFinding(finding, isInTheWay(finding, tier), style)),
    '',
    paint(canRun ? 'green' : 'red', verdict, style),
  ];
}

function renderFinding(finding: Finding, isBlocking: boolean, style: DiagnosisStyle): string[] {
  const { name, state, found, neededFor, remedy = '' } = finding;
  const color = state === 'ok' ? 'green' : isBlocking ? 'red' : 'yellow';
  const mark = state === 'ok' ? '✓' : isBlocking ? '✗' : '–';
  const head = `${mark} ${name.padEnd(nameWidth)}${state.padEnd(stateWidth)}`;
  const why = `needed for ${neededFor}`;
  const text = state === 'ok' ? found : found === '' ? why : `${found}; ${why}`;
  const [first = '', ...more] = wrap(text, style.columns - head.length);
  const commands = state === 'ok' ? [] : remedy.split('\n');
  return [
    paint(color, head, style) + first,
    ...more.map((line) => ' '.repeat(head.length) + line),
    ...commands.map((command) => `    → ${command}`),
  ];
}

/** Broken between words, into lines of so many columns. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function paint(color: 'green' | 'yellow' | 'red', text: string, style: DiagnosisStyle): string {
  return style.color ? styleText(color, text, { validateStream: false }) : text;
}
