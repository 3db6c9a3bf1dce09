import type { RunHeader } from '../../record/events.ts';
import type { ClaimResult, RunResult } from '../../record/verdict.ts';
import { printable } from '../../printable.ts';
import { claimTable } from './claims.ts';
import { comparisonSection } from './comparison.ts';
import { markup, jsonScript, trusted, type Html } from './markup.ts';
import { unpack } from './model.ts';
import { pageHead } from './page-head.ts';
import { describePlots } from './plot-words.ts';
import type { ReportData } from './report-data.ts';

/** Script and style of the page, and what a browser must find them to be. */
export interface PageAssets {
  readonly script: string;
  readonly scriptSha256: string;
  readonly style: string;
  readonly styleSha256: string;
}

export interface PageInput {
  readonly header: RunHeader;
  readonly result: RunResult;
  readonly data: ReportData;
  readonly assets: PageAssets;
}

/** A run as one page that needs nothing else: no network, and no script for verdict, identity and claims. */
export function renderPage({ header, result, data, assets }: PageInput): string {
  const head = pageHead({
    title: `${result.verdict}: ${header.firmware?.project ?? 'firmware'} on ${result.board}, ${result.id}`,
    style: assets.style,
    policy: [
      `script-src 'sha256-${assets.scriptSha256}'`,
      `style-src 'sha256-${assets.styleSha256}'`,
      // Text can't become markup by mistake: the browser refuses.
      `require-trusted-types-for 'script'`,
      `trusted-types 'none'`,
    ],
  });
  return markup`${head}
<body>
<a class="skip" href="#claims">Skip to the claims</a>
${banner(header, result)}
<nav aria-label="Sections">
<a href="#identity">Identity</a> <a href="#claims">Claims</a> ${result.comparison && markup`<a href="#comparison">Comparison</a> `}<a href="#cadence">Cadence</a>
<a href="#round-trip">Round trips</a> <a href="#loss">Losses</a> <a href="#log-section">Log</a>
</nav>
<main>
${errors(result)}
${identity(header, result)}
${claimTable(result, header.startedHostNs)}
${result.comparison && comparisonSection(result.comparison)}
${plots(data)}
${logSection(data)}
</main>
<footer><p>Run ${header.id}. Figures and bounds are those of the record in ${quote(result.record)}.
Times are seconds since the run began, on the host’s monotonic clock.</p></footer>
${jsonScript('report-data', data)}
<script>${trusted(assets.script)}</script>
</body>
</html>
`.html;
}

const marks = { passed: '✓', failed: '✗', inconclusive: '?', interrupted: '?' } as const;

function banner(header: RunHeader, { verdict, summary, realBoard, replay, claims }: RunResult): Html {
  const { firmware } = header;
  return markup`<header class="banner ${verdict}">
<p class="kicker">ESP32 UDP bench · ${dateOf(header)}</p>
<h1><span class="mark" aria-hidden="true">${marks[verdict]}</span> ${verdict}</h1>
<p class="summary">${quote(summary)}</p>
${failing(claims)}
<p class="subject">${firmware ? quote(`${firmware.project} ${firmware.version}`) : 'firmware that was not built'} on ${quote(header.board)}</p>
${realBoard ? undefined : markup`<p class="no-evidence"><strong>Not a real board:</strong> this run is no evidence for a release.</p>`}
${replay && markup`<p>Judged again from its record; the verdict then was: ${replay.recordedVerdict}.</p>`}
</header>`;
}

/** Straight to what is not as promised. */
function failing(claims: readonly ClaimResult[]): Html | undefined {
  const off = claims.filter(({ verdict }) => verdict === 'failed' || verdict === 'inconclusive');
  if (off.length === 0) return undefined;
  return markup`<ul class="failing">${off.map(
    ({ id, title, verdict }) => markup`<li><a href="#claim-${id}">${title}</a>: ${verdict}</li>`,
  )}</ul>`;
}

/** What ended the run stands before all figures: causes outrank statistics. */
function errors(result: RunResult): Html | undefined {
  if (result.errors.length === 0) return undefined;
  return markup`<section aria-labelledby="errors-title" id="errors">
<h2 id="errors-title">What went wrong</h2>
${result.errors.map(
  ({ code, fault, message }) => markup`<article class="error"><h3>${code} <small>${faults[fault]}</small></h3>
<pre>${message.split('\n').map(quote).join('\n')}</pre></article>`,
)}
</section>`;
}

const faults = {
  dut: 'the firmware',
  bench: 'the bench',
  usage: 'how the harness was called',
  harness: 'a defect of the harness',
} as const;

function identity(header: RunHeader, { tier, realBoard, timingsMs, record, capture }: RunResult): Html {
  const { firmware, versions, configuration } = header;
  const server = `${text(configuration['serverHost'])}:${text(configuration['serverPort'])}`;
  const stages = (['build', 'flash', 'boot', 'observe', 'total'] as const).flatMap((stage) => {
    const ms = timingsMs[stage];
    return ms === undefined ? [] : [`${stage} ${(ms / 1000).toFixed(2)} s`];
  });
  const rows: [string, string | Html | undefined][] = [
    ['Firmware', firmware && quote(`${firmware.project} ${firmware.version}`)],
    ['ELF SHA-256', firmware?.elfSha256 && markup`<code>${firmware.elfSha256}</code>`],
    ['ESP-IDF', firmware && quote(firmware.idfVersion)],
    ['Target', firmware?.target],
    ['Source', firmware && quote(firmware.dir)],
    [
      'Board',
      markup`${quote(header.board)} <small>(${tier}${realBoard ? '' : ', not a real board'})</small>`,
    ],
    ['Bench', quote(versions['system'] ?? '')],
    ['Harness commit', quote(versions['harness'] ?? 'not known')],
    ['Node.js', quote(versions['node'] ?? '')],
    ['Ack server', quote(server)],
    ['Date', dateOf(header)],
    ['Times', stages.join(' · ')],
    ['Record', markup`<code>${quote(record)}</code>`],
    [
      'Capture',
      capture && (capture.file ? markup`<code>${capture.file}</code>` : quote(firstLine(capture.reason))),
    ],
  ];
  return markup`<section aria-labelledby="identity-title" id="identity">
<h2 id="identity-title">Identity</h2>
<dl class="identity">
${rows.map(([term, value]) =>
  value === undefined || value === ''
    ? undefined
    : markup`<div class="${term === 'ELF SHA-256' ? 'wide' : ''}"><dt>${term}</dt><dd>${value}</dd></div>
`,
)}</dl>
</section>`;
}

function plots(data: ReportData): Html {
  const words = describePlots(unpack(data));
  const figure = (id: string, title: string, sentence: string) =>
    markup`<figure><figcaption><h3 id="${id}-title">${title}</h3><p id="${id}-words">${sentence}</p></figcaption>
<div class="plot" id="${id}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-words"></div></figure>`;
  return markup`<section aria-labelledby="cadence-title" id="cadence">
<h2 id="cadence-title">Cadence</h2>
<form class="controls screen" aria-label="What the plots show">
<label>Time <select id="range"><option value="">whole run</option></select></label>
<label><input type="checkbox" id="whole-scale"> every interval on the scale</label>
<span class="hint">Drag over a plot to zoom, double-click to see all; click a point to see its lines.</span>
</form>
<noscript><p>The plots and the log need JavaScript; everything else on this page does not.</p></noscript>
${figure('intervals', 'Interval over time', words.intervals)}
<p class="note">Shaded: windows that claims were judged on (blue) and disturbances by the bench (amber). Red points lie beyond the
scale. A dashed line marks the promised period.</p>
${figure('interval-histogram', 'Intervals by length', 'How many intervals of the undisturbed window have which length, on a logarithmic scale; lines mark the ticks of FreeRTOS.')}
</section>
<section aria-labelledby="round-trip-title" id="round-trip">
<h2 id="round-trip-title">Round trips</h2>
${figure('round-trips', 'Round trip over time', words.roundTrips)}
${figure('round-trip-histogram', 'Round trips by length', 'How many round trips took how long; both scales are logarithmic.')}
</section>
<section aria-labelledby="loss-title" id="loss">
<h2 id="loss-title">Losses and disturbances</h2>
${figure('losses', 'Losses over time', words.losses)}
${disturbances(data)}
</section>`;
}

function disturbances({ spans }: ReportData): Html {
  const made = spans.filter(({ kind }) => kind === 'disturbance');
  if (made.length === 0) return markup`<p>The bench disturbed nothing in this run.</p>`;
  return markup`<table class="narrow"><caption>What the bench did to the board and its network</caption>
<thead><tr><th scope="col">disturbance</th><th scope="col">from</th><th scope="col">for</th></tr></thead>
<tbody>${made.map(
    ({
      name,
      fromUs,
      toUs,
    }) => markup`<tr><th scope="row">${quote(name)}</th><td>${(fromUs / 1e6).toFixed(3)} s</td><td>${((toUs - fromUs) / 1e3).toFixed(1)} ms</td></tr>
`,
  )}</tbody></table>`;
}

function logSection({ log }: ReportData): Html {
  const kinds = [
    ['s', 'console'],
    ['df', 'datagrams'],
    ['be', 'bench'],
  ] as const;
  return markup`<section aria-labelledby="log-title" id="log-section">
<h2 id="log-title">Console and network on one axis of time</h2>
${log.leftOut > 0 ? markup`<p class="note">The first ${log.leftOut} lines are left out here; the record has them.</p>` : undefined}
<form id="log-filter" class="controls screen" role="search" aria-label="Filter of the log">
<label>Text <input type="search" name="text" autocomplete="off" spellcheck="false"></label>
${kinds.map(([kind, name]) => markup`<label><input type="checkbox" name="kind" value="${kind}" checked> ${name}</label> `)}
<output id="log-count" class="hint"></output>
</form>
<div class="log-frame screen">
<div id="log" class="log" role="listbox" tabindex="0" aria-labelledby="log-title" aria-describedby="log-detail"></div>
<div id="log-detail" class="detail" aria-live="polite" role="group" aria-label="The chosen line"></div>
</div>
<p class="print-only">On paper the log is left out: it is in this file on a screen, and in the record.</p>
</section>`;
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] ?? '';
}

function dateOf({ startedAt }: RunHeader): Html {
  return markup`<time datetime="${startedAt}">${startedAt.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '–';
}

/** What a board or a build said: shown, whatever characters are in it. */
function quote(said: string): string {
  return printable(Buffer.from(said));
}
