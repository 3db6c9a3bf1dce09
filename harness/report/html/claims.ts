import { printable } from '../../printable.ts';
import type { ClaimResult, RunResult, SkippedClaim } from '../../record/verdict.ts';
import { withUnit } from '../claim-table.ts';
import { markup, type Html } from './markup.ts';

const marks = { passed: '✓', failed: '✗', inconclusive: '?' } as const;

/** The claims with figure, bound and origin; what is not as promised comes with its reason and evidence. */
export function claimTable({ claims, skipped = [] }: RunResult, startedHostNs: number): Html {
  if (claims.length + skipped.length === 0) {
    return markup`<section id="claims" aria-labelledby="claims-title"><h2 id="claims-title">Claims</h2>
<p>No claim was judged.</p></section>`;
  }
  return markup`<section id="claims" aria-labelledby="claims-title">
<h2 id="claims-title">Claims</h2>
<table class="claims">
<caption>${countVerdicts(claims, skipped.length)}</caption>
<thead><tr><th scope="col">claim</th><th scope="col">figure</th><th scope="col">bound</th><th scope="col">verdict</th></tr></thead>
<tbody>
${claims.map((claim) => claimRow(claim, startedHostNs))}
</tbody>
</table>
${skippedList(skipped)}
</section>`;
}

function claimRow(claim: ClaimResult, startedHostNs: number): Html {
  const { id, title, verdict, figure, bound, unit, sampleCount, origin } = claim;
  return markup`<tr id="claim-${id}" class="${verdict}">
<th scope="row">${title}
<small class="origin"><code>${id}</code> · bound: ${origin === '' ? 'none given' : origin}</small>
${errorRates(claim)}
${story(claim)}${moments(claim, startedHostNs)}</th>
<td class="number">${withUnit(figure, unit)}${sampleCount === undefined ? undefined : markup`<small>n = ${sampleCount}</small>`}</td>
<td class="number">${withUnit(bound, unit)}${gauge(claim)}</td>
<td class="verdict"><span class="mark" aria-hidden="true">${marks[verdict]}</span> ${verdict}</td>
</tr>
`;
}

/** What the verdict is worth. */
function errorRates({ rates }: ClaimResult): Html | undefined {
  if (rates === undefined) return undefined;
  const { nullHypothesis, falseAlarm, smallestEffect, miss } = rates;
  return markup`<details class="rates"><summary>how sure this is</summary>
<p>Red denies that ${nullHypothesis}; it does so by mistake ${probability(falseAlarm)}. Green is there by mistake
${probability(miss)} when ${smallestEffect}.</p></details>`;
}

function probability(value: number): string {
  return value === 0 ? 'never' : `with a probability of ${value.toPrecision(1)} at most`;
}

function story({ verdict, reason, evidence, spec, line }: ClaimResult): Html | undefined {
  if (verdict === 'passed') return undefined;
  const lines = [reason ?? '', ...evidence.map((told) => `  | ${told}`)];
  return markup`<div class="story"><pre>${lines.map(quote).join('\n')}</pre>
<small>stated at <code>${spec}${line === undefined ? '' : `:${line}`}</code></small></div>`;
}

/** Ways into the log, to when it showed. */
function moments({ momentsNs = [] }: ClaimResult, startedHostNs: number): Html | undefined {
  if (momentsNs.length === 0) return undefined;
  const buttons = momentsNs.map((ns) => {
    const atUs = (ns - startedHostNs) / 1e3;
    return markup`<button type="button" data-at-us="${atUs.toFixed(0)}">${(atUs / 1e6).toFixed(3)} s</button> `;
  });
  return markup`<p class="moments screen">see the log at ${buttons}</p>`;
}

const gaugeWidth = 96;

/** A little scale: the bound as a bar, the figure as a stroke. Says nothing that the numbers beside it don't. */
function gauge({ figure, limits, verdict }: ClaimResult): Html | undefined {
  const { min = 0, max } = limits ?? {};
  if (typeof figure !== 'number' || max === undefined || max <= min) return undefined;
  const side = (max - min) * 0.25;
  const place = (value: number) => ((value - (min - side)) / (max - min + 2 * side)) * gaugeWidth;
  const at = Math.min(gaugeWidth - 1, Math.max(1, place(figure)));
  return markup`<svg class="gauge ${verdict}" width="${gaugeWidth}" height="10" viewBox="0 0 ${gaugeWidth} 10" aria-hidden="true" focusable="false"><rect class="bound" x="${place(min).toFixed(1)}" y="3" width="${(place(max) - place(min)).toFixed(1)}" height="4" rx="2"/><rect class="figure" x="${(at - 1).toFixed(1)}" y="0" width="2" height="10"/></svg>`;
}

/** Nobody is to take for judged what was not. */
function skippedList(skipped: readonly SkippedClaim[]): Html | undefined {
  if (skipped.length === 0) return undefined;
  return markup`<h3 id="skipped">Not judged, because this board or record can’t show it</h3>
<ul>${skipped.map(({ title, reason }) => markup`<li>${title}: ${reason}</li>`)}</ul>`;
}

function countVerdicts(claims: readonly ClaimResult[], skipped: number): string {
  const names = [...new Set(claims.map(({ verdict }) => verdict))];
  const judged = names.map((name) => `${claims.filter(({ verdict }) => verdict === name).length} ${name}`);
  return [...judged, ...(skipped === 0 ? [] : [`${skipped} skipped`])].join(', ');
}

function quote(said: string): string {
  return said
    .split('\n')
    .map((line) => printable(Buffer.from(line)))
    .join('\n');
}
