import { renameSync, writeFileSync } from 'node:fs';
import { readRun } from '../../record/read-run.ts';
import type { RunResult } from '../../record/verdict.ts';
import { bundleAssets } from './assets.ts';
import { collectData } from './collect-data.ts';
import { renderPage } from './page.ts';

/** Writes the page of a run from what lies on disk of it. Never half a page: it appears when it is whole. */
export function writeHtmlReport(recordDir: string, result: RunResult, file: string): void {
  const record = readRun(recordDir);
  const page = renderPage({
    header: record.header,
    result,
    data: collectData(record),
    assets: bundleAssets(),
  });
  const temporary = `${file}.tmp`;
  writeFileSync(temporary, page);
  renameSync(temporary, file);
}
