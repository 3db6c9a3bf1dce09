import { appendFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type { BoardsResult } from '../record/boards-result.ts';
import type { RunResult } from '../record/verdict.ts';
import type * as HtmlReport from './html/write-html-report.ts';
import { renderBoardsPage } from './html/boards-page.ts';
import {
  renderAnnotations,
  renderBoardsAnnotations,
  renderBoardsStepSummary,
  renderStepSummary,
} from './github.ts';
import { renderBoardsJunit, renderJunit } from './junit.ts';

/** Who else is told of a run, beside its record and the terminal. */
export interface ReportOptions {
  /** Root of the repository. */
  readonly root: string;
  readonly jsonFile?: string;
  readonly junitFile?: string;
  /** File of the HTML report; absent: none. */
  readonly htmlFile?: string;
  /** Write workflow commands to standard output, and the summary where `stepSummaryFile` says. */
  readonly github?: boolean;
  /** `GITHUB_STEP_SUMMARY`. */
  readonly stepSummaryFile?: string;
}

/**
 * Writes what was asked for. The verdict stands already: what can't be written is said and
 * changes nothing of it.
 */
export function writeReports(result: RunResult, options: ReportOptions): void {
  const { root, jsonFile, junitFile, htmlFile, github = false, stepSummaryFile } = options;
  if (jsonFile !== undefined) {
    attempt(jsonFile, () => writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`));
  }
  if (junitFile !== undefined) {
    attempt(junitFile, () => writeFileSync(junitFile, renderJunit(result)));
  }
  if (htmlFile !== undefined) {
    attempt(htmlFile, () => {
      loadHtml().writeHtmlReport(resolve(root, result.record), result, htmlFile);
      console.log(`report: ${relative(root, htmlFile)}`);
    });
  }
  if (github) {
    for (const line of renderAnnotations(result)) console.log(line);
    if (stepSummaryFile !== undefined) {
      attempt(stepSummaryFile, () => appendFileSync(stepSummaryFile, renderStepSummary(result)));
    }
  }
}

/** The same of several boards; the HTML report is the page that leads to theirs. */
export function writeBoardsReports(result: BoardsResult, options: ReportOptions): void {
  const { root, jsonFile, junitFile, htmlFile, github = false, stepSummaryFile } = options;
  if (jsonFile !== undefined) {
    attempt(jsonFile, () => writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`));
  }
  if (junitFile !== undefined) {
    attempt(junitFile, () => writeFileSync(junitFile, renderBoardsJunit(result)));
  }
  if (htmlFile !== undefined) {
    const hrefOf = (record: string) => relative(dirname(htmlFile), join(root, record, 'report.html'));
    attempt(htmlFile, () => {
      writeFileSync(htmlFile, renderBoardsPage(result, hrefOf));
      console.log(`report: ${relative(root, htmlFile)}`);
    });
  }
  if (github) {
    for (const line of renderBoardsAnnotations(result)) console.log(line);
    if (stepSummaryFile !== undefined) {
      attempt(stepSummaryFile, () => appendFileSync(stepSummaryFile, renderBoardsStepSummary(result)));
    }
  }
}

/** Loaded only now: a quarter of a second that no run has to wait for before its verdict. */
function loadHtml(): typeof HtmlReport {
  // As `import()` would on a Node.js that runs TypeScript by itself.
  return createRequire(import.meta.url)('./html/write-html-report.ts') as typeof HtmlReport;
}

/** Says what could not be written, and goes on. */
function attempt(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    console.error(`REPORT_NOT_WRITTEN: ${(error as Error).message} (${file}). The verdict stands.`);
  }
}
