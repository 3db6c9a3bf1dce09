import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BoardOutcome, BoardsResult } from '../../record/boards-result.ts';
import { printable } from '../../printable.ts';
import { boardColumns, boardRow } from '../boards-table.ts';
import { markup, type Html } from './markup.ts';
import { pageHead } from './page-head.ts';

const marks = { passed: '✓', failed: '✗', inconclusive: '?', interrupted: '?' } as const;

/**
 * Several boards as one page without any script: a row a board, which leads to its run's own report.
 *
 * @param hrefOf - where the page finds the report of a run
 */
export function renderBoardsPage(result: BoardsResult, hrefOf: (record: string) => string): string {
  const { verdict, summary, startedAt, boards, id } = result;
  const style = readFileSync(fileURLToPath(new URL('style.css', import.meta.url)), 'utf8');
  const virtual = boards.filter(({ run }) => run?.realBoard === false).length;
  const head = pageHead({
    title: `${verdict}: ${boards.length} boards, ${id}`,
    style,
    policy: [`style-src 'sha256-${sha256(style)}'`],
  });
  return markup`${head}
<body>
<header class="banner ${verdict}">
<p class="kicker">ESP32 UDP bench · <time datetime="${startedAt}">${startedAt.slice(0, 19).replace('T', ' ')} UTC</time></p>
<h1><span class="mark" aria-hidden="true">${marks[verdict]}</span> ${verdict}</h1>
<p class="summary">${quote(summary)}</p>
<p class="subject">${boards.length} boards</p>
${virtual === 0 ? undefined : markup`<p class="no-evidence"><strong>${virtual} of ${boards.length} not a real board:</strong> no evidence for a release.</p>`}
</header>
<main>
<section aria-labelledby="boards-title">
<h2 id="boards-title">Boards</h2>
<table class="claims">
<caption>What became of each; its name leads to its own report.</caption>
<thead><tr>${Object.values(boardColumns).map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${boards.map((outcome) => row(outcome, hrefOf))}
</tbody>
</table>
</section>
</main>
<footer><p>${id}. Each board was judged by a run of its own, with a record of its own.</p></footer>
</body>
</html>
`.html;
}

function row(outcome: BoardOutcome, hrefOf: (record: string) => string): Html {
  const { name, labels, verdict, summary, run, error } = outcome;
  const { board, firmware, claims, took } = boardRow(outcome);
  const title = run === undefined ? markup`${name}` : markup`<a href="${hrefOf(run.record)}">${name}</a>`;
  const off =
    run?.claims.filter((claim) => claim.verdict === 'failed' || claim.verdict === 'inconclusive') ?? [];
  const story =
    verdict === 'passed'
      ? undefined
      : markup`<div class="story"><pre>${quote(summary)}
${error === undefined ? off.map((claim) => `  ${claim.verdict}: ${claim.title}\n`) : quote(error.message)}</pre></div>`;
  return markup`<tr class="${verdict}">
<th scope="row">${title}${labels.length === 0 ? undefined : markup` <small>${labels.join(', ')}</small>`}${story}</th>
<td>${quote(board)}</td><td>${quote(firmware)}</td><td class="number">${claims}</td><td class="number">${took}</td>
<td class="verdict"><span class="mark" aria-hidden="true">${marks[verdict]}</span> ${verdict}</td>
</tr>
`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** What a board or a build said: shown, whatever characters are in it, line by line. */
function quote(said: string): string {
  return said
    .split('\n')
    .map((line) => printable(Buffer.from(line)))
    .join('\n');
}
