import type { ComparedFigure, Comparison } from '../../record/comparison.ts';
import { printable } from '../../printable.ts';
import { comparisonCells } from '../comparison-table.ts';
import { markup, type Html } from './markup.ts';

const marks = { 'no-regression': '✓', regression: '✗', inconclusive: '?', 'not-compared': '–' } as const;
/** The style sheet knows the outcomes of claims. */
const styles = {
  'no-regression': 'passed',
  regression: 'failed',
  inconclusive: 'inconclusive',
  'not-compared': '',
} as const;

/** The run beside an earlier one, figure by figure. */
export function comparisonSection(comparison: Comparison): Html {
  const { reference, referenceFirmware, referenceRunCount, summary, figures, confidence } = comparison;
  const runs = referenceRunCount > 1 ? `, ${referenceRunCount} runs` : '';
  const firmware = referenceFirmware === undefined ? '' : ` (${referenceFirmware}${runs})`;
  return markup`<section id="comparison" aria-labelledby="comparison-title">
<h2 id="comparison-title">Compared with an earlier run</h2>
<p>${quote(`${reference}${firmware}: ${summary}`)}.</p>
${figures.length === 0 ? undefined : table(figures, confidence)}
</section>`;
}

function table(figures: readonly ComparedFigure[], confidence: number): Html {
  return markup`<table class="claims">
<caption>In brackets: where the change lies, with ${String(confidence * 100)} % confidence for all figures together</caption>
<thead><tr><th scope="col">figure</th><th scope="col">there</th><th scope="col">here</th><th scope="col">change</th><th scope="col">outcome</th></tr></thead>
<tbody>
${figures.map(row)}
</tbody>
</table>`;
}

function row(figure: ComparedFigure): Html {
  const { id, outcome, reason, origin, tolerance, smallestEffect, changeUnit } = figure;
  const [title, there, here, change] = comparisonCells(figure);
  const limits =
    tolerance === undefined || smallestEffect === undefined
      ? ''
      : ` · a regression is beyond ${tolerance} ${changeUnit}; none is beyond ${smallestEffect} ${changeUnit}`;
  return markup`<tr id="compared-${id}" class="${styles[outcome]}">
<th scope="row">${title}<small class="origin"><code>${id}</code>${limits} (${origin})</small>
${reason === undefined ? undefined : markup`<div class="story"><pre>${quote(reason)}</pre></div>`}</th>
<td class="number">${there}</td><td class="number">${here}</td><td class="number">${change}</td>
<td class="verdict"><span class="mark" aria-hidden="true">${marks[outcome]}</span> ${outcome.replace('-', ' ')}</td>
</tr>
`;
}

/** The words of a baseline file and of a build. */
function quote(text: string): string {
  return printable(Buffer.from(text));
}
