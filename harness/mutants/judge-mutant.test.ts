import { describe, expect, it } from 'vitest';
import { judgeMutant } from './judge-mutant.ts';
import { claimOf, mutantOf, resultOf } from './testdata/results.ts';

const mutant = mutantOf('late', ['a.first', 'a.second']);
const first = claimOf('a.first', 'failed', 'it is the bug (1 is not 0)\n  | line');
const second = claimOf('a.second', 'failed', 'it is also wrong');

describe('a mutant', () => {
  it('is killed when all claims that should fail do, and the first one names its bug', () => {
    expect(judgeMutant(mutant, resultOf([first, second, claimOf('b.other', 'passed')]))).toEqual({
      outcome: 'killed',
      detail: 'a.first: it is the bug (1 is not 0)',
    });
  });

  it('may be named by any line of the message', () => {
    const told = claimOf('a.first', 'failed', 'DUT_CRASHED: panic.\n  | the bug');
    expect(judgeMutant(mutant, resultOf([told, second])).outcome).toBe('killed');
  });

  it('is not killed when the message names something else', () => {
    const vague = claimOf('a.first', 'failed', 'something is wrong');
    expect(judgeMutant(mutant, resultOf([vague, second]))).toEqual({
      outcome: 'unnamed',
      detail: 'a.first: something is wrong, and nothing of "the bug"',
    });
  });

  it('is not killed by the wrong claims', () => {
    const result = resultOf([first, claimOf('a.second', 'passed'), claimOf('b.other', 'failed', 'x')]);
    expect(judgeMutant(mutant, result)).toEqual({
      outcome: 'killed-elsewhere',
      detail: 'a.second holds; failed: a.first, b.other',
    });
  });

  it('survives when all claims hold', () => {
    const result = resultOf([claimOf('a.first', 'passed'), claimOf('a.second', 'passed')]);
    expect(judgeMutant(mutant, result).outcome).toBe('survived');
  });

  it.each([
    [
      'of a claim that should kill',
      claimOf('a.second', 'inconclusive', 'HOST_LATE: busy'),
      /a\.second: HOST_LATE/,
    ],
    ['because such a claim was not judged', claimOf('b.other', 'passed'), /a\.second was not judged/],
  ])('is inconclusive %s', (_, claim, detail) => {
    const judgement = judgeMutant(mutant, resultOf([first, claim]));
    expect(judgement.outcome).toBe('inconclusive');
    expect(judgement.detail).toMatch(detail);
  });

  it('is inconclusive when another claim only could not be judged', () => {
    const passed = [claimOf('a.first', 'passed'), claimOf('a.second', 'passed')];
    const result = resultOf([...passed, claimOf('b.other', 'inconclusive', 'x')]);
    expect(judgeMutant(mutant, result).outcome).toBe('inconclusive');
  });

  it('that does not compile is no mutant, though the run failed', () => {
    expect(judgeMutant(mutant, resultOf([], 'failed'))).toEqual({ outcome: 'not-built', detail: 'why' });
  });

  it('whose run judged nothing is inconclusive', () => {
    expect(judgeMutant(mutant, resultOf([], 'inconclusive')).outcome).toBe('inconclusive');
  });
});
