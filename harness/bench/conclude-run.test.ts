import { describe, expect, it } from 'vitest';
import type { ClaimResult, RunError, Verdict } from '../record/verdict.ts';
import { concludeRun, judgeEarlyEnd } from './conclude-run.ts';

function claims(...verdicts: Verdict[]): ClaimResult[] {
  return verdicts.map((verdict, at) => ({
    id: `spec.${at}`,
    title: `claim ${at}`,
    spec: 'specs/spec.spec.ts',
    verdict,
    bound: 'exactly 0',
    unit: '',
    origin: 'the test',
    evidence: [],
  }));
}

const lostPort: RunError = { fault: 'bench', code: 'PORT_LOST', message: 'PORT_LOST: gone.\nNext: look' };
const crash: RunError = { fault: 'dut', code: 'DUT_CRASHED', message: 'DUT_CRASHED: The board crashed.' };

describe('concludeRun', () => {
  it.each([
    [claims('passed', 'passed'), [], 'passed', 'all 2 claims hold'],
    [claims('passed', 'failed'), [], 'failed', 'claim 1: not kept'],
    [claims('failed', 'inconclusive', 'failed'), [lostPort], 'failed', 'claim 0 and 1 more: not kept'],
    [claims('passed', 'inconclusive'), [], 'inconclusive', '1 of 2 claims could not be judged'],
    [claims('passed'), [lostPort], 'inconclusive', 'PORT_LOST: gone.'],
    // A cause outranks its consequences.
    [claims('failed', 'failed'), [crash], 'failed', 'DUT_CRASHED: The board crashed.'],
    [claims('inconclusive'), [crash, lostPort], 'failed', 'DUT_CRASHED: The board crashed.'],
    [[], [], 'inconclusive', 'NOTHING_JUDGED: no claim was run, so nothing was measured'],
  ] as const)('case %#', (judged, errors, verdict, summary) => {
    expect(concludeRun(judged, errors)).toEqual({ verdict, summary });
  });

  it('says of a pass how much of it could not be asked', () => {
    const skipped = [{ id: 'spec.9', title: 'claim 9', spec: 'specs/spec.spec.ts', reason: 'needs a storm' }];
    expect(concludeRun(claims('passed'), [], skipped).summary).toBe(
      'all 1 claims hold, 1 could not be asked of this board',
    );
    expect(concludeRun([], [], skipped).verdict).toBe('inconclusive');
  });
});

describe('judgeEarlyEnd', () => {
  const endedBy = { claim: 'cadence.period', finding: 'the period is 110.00 ms' };

  it.each([
    ['an observation that lasted to its end', claims('passed'), undefined, undefined],
    ['the fault that ended it was found', claims('passed', 'failed'), endedBy, undefined],
    ['no claim failed: what passed was watched for too short', claims('passed'), endedBy, 'CUT_SHORT'],
    ['nothing could be judged', claims('inconclusive'), endedBy, 'CUT_SHORT'],
  ] as const)('%s', (_, judged, end, code) => {
    expect(judgeEarlyEnd(judged, end)?.code).toBe(code);
  });
});
