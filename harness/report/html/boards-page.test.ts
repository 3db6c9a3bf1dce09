import { expect, it } from 'vitest';
import { renderBoardsPage } from './boards-page.ts';
import { twoBoards } from '../testdata/boards.ts';

const page = renderBoardsPage(twoBoards, (record) => `../${record}/report.html`);

it('leads from each board to its report, failed promises named', () => {
  expect(page).toContain('<a href="../runs/20261125-120000-virtual-1/report.html">desk</a>');
  expect(page).toContain('failed: sends every 100 ms on average, within 1 %');
  expect(page).toContain('<strong>1 of 2 not a real board:</strong> no evidence for a release.');
});

it('runs no script, whatever a board has said', () => {
  expect(page).toMatch(
    /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/,
  );
  expect(page).not.toMatch(/<script/);
  expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)');
  // eslint-disable-next-line no-control-regex -- these are what must not be in it
  expect(page).not.toMatch(/[\u0000\u001b\u202e]/);
});
