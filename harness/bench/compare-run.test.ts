import { describe, expect, it } from 'vitest';
import type { Comparison } from '../record/comparison.ts';
import { compareRun, concludeComparison } from './compare-run.ts';

const passed = { verdict: 'passed', summary: 'all 3 claims hold' } as const;
const failed = { verdict: 'failed', summary: 'a claim: not kept' } as const;
const open = { verdict: 'inconclusive', summary: '1 of 3 claims could not be judged' } as const;
const comparison = (outcome: Comparison['outcome'], summary: string): Comparison => ({
  outcome,
  summary,
  reference: 'v1.0',
  referenceRunCount: 1,
  confidence: 0.999,
  figures: [],
});
const same = comparison('no-regression', 'no regression in 8 figures');
const worse = comparison('regression', 'boot: +900 ms');
const unknown = comparison('inconclusive', 'the baseline is of another tier');

describe('the verdict of a run that was compared', () => {
  it.each([
    [passed, undefined, passed],
    [
      passed,
      same,
      { verdict: 'passed', summary: 'all 3 claims hold; no regression in 8 figures against v1.0' },
    ],
    [passed, worse, { verdict: 'failed', summary: 'REGRESSION against v1.0: boot: +900 ms' }],
    [
      passed,
      unknown,
      { verdict: 'inconclusive', summary: 'not comparable with v1.0: the baseline is of another tier' },
    ],
    // A regression that was seen stays seen; a broken promise is told before it.
    [open, worse, { verdict: 'failed', summary: 'REGRESSION against v1.0: boot: +900 ms' }],
    [open, same, open],
    [failed, worse, failed],
    [failed, unknown, failed],
  ])('%o with %o', (conclusion, compared, together) => {
    expect(concludeComparison(conclusion, compared)).toEqual(together);
  });
});

describe('a comparison that can not be made', () => {
  const reference = { name: 'v1.0', find: () => ({ reason: 'NO_BASELINE: there is none' }) };
  const subject = { project: 'p', tier: 'virtual', target: 'esp32', periodMs: 100 } as const;
  const figures = { id: 'a', startedAt: '', version: '1', idfVersion: 'v6', figures: {} };

  it.each([
    ['of a run that was not observed', undefined, 'this run was not observed to its end'],
    ['with a baseline that is missing', { subject, figures }, 'NO_BASELINE: there is none'],
  ])('%s is inconclusive', (_, run, summary) => {
    expect(compareRun(run, reference, 0.999)).toMatchObject({
      outcome: 'inconclusive',
      summary,
      figures: [],
    });
  });
});
