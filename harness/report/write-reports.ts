import { appendFileSync, writeFileSync } from 'node:fs';
import type { RunResult } from '../record/verdict.ts';
import { renderAnnotations, renderStepSummary } from './github.ts';
import { renderJunit } from './junit.ts';

/** Who else is told of a run, beside its record and the terminal. */
export interface ReportOptions {
  readonly jsonFile?: string;
  readonly junitFile?: string;
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
  const { jsonFile, junitFile, github = false, stepSummaryFile } = options;
  if (jsonFile !== undefined) {
    attempt(jsonFile, () => writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`));
  }
  if (junitFile !== undefined) {
    attempt(junitFile, () => writeFileSync(junitFile, renderJunit(result)));
  }
  if (github) {
    for (const line of renderAnnotations(result)) console.log(line);
    if (stepSummaryFile !== undefined) {
      attempt(stepSummaryFile, () => appendFileSync(stepSummaryFile, renderStepSummary(result)));
    }
  }
}

/** Says what could not be written, and goes on. */
function attempt(file: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    console.error(`REPORT_NOT_WRITTEN: ${(error as Error).message} (${file}). The verdict stands.`);
  }
}
