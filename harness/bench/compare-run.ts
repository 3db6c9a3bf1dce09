import { compareRuns, type ComparableRun } from '../analysis/compare-runs.ts';
import type { Comparison } from '../record/comparison.ts';
import type { Conclusion } from './conclude-run.ts';
import type { Reference } from './open-reference.ts';

/**
 * Compares a run with what was asked for.
 *
 * @param run - absent when it did not come to the end of its undisturbed observation
 */
export function compareRun(
  run: ComparableRun | undefined,
  reference: Reference,
  confidence: number,
): Comparison {
  const impossible = (summary: string): Comparison => ({
    outcome: 'inconclusive',
    summary,
    reference: reference.name,
    referenceRunCount: 0,
    confidence,
    figures: [],
  });
  if (run === undefined) return impossible('this run was not observed to its end');
  const baseline = reference.find(run.subject);
  if ('reason' in baseline) return impossible(baseline.reason);
  return compareRuns(run, baseline, { reference: reference.name, confidence });
}

/** A regression is a failure of the firmware; one that can't be told leaves the question open. What was found before stands. */
export function concludeComparison(conclusion: Conclusion, comparison: Comparison | undefined): Conclusion {
  if (comparison === undefined || conclusion.verdict === 'failed') return conclusion;
  const { outcome, summary, reference } = comparison;
  if (outcome === 'regression') {
    return { verdict: 'failed', summary: `REGRESSION against ${reference}: ${summary}` };
  }
  if (conclusion.verdict === 'inconclusive') return conclusion;
  if (outcome === 'inconclusive') {
    return { verdict: 'inconclusive', summary: `not comparable with ${reference}: ${summary}` };
  }
  return { verdict: 'passed', summary: `${conclusion.summary}; ${summary} against ${reference}` };
}
