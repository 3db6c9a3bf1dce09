import { describe, expect, it } from 'vitest';
import type { PortableError } from '../errors.ts';
import { makeMatrix } from './matrix.ts';
import { renderMatrix } from './render-matrix.ts';
import { claimOf, mutantOf, resultOf } from './testdata/results.ts';

const healthy = resultOf([claimOf('a.first', 'passed'), claimOf('a.second', 'passed')]);
const killsFirst = {
  mutant: mutantOf('one', ['a.first']),
  end: resultOf([claimOf('a.first', 'failed', 'the bug'), claimOf('a.second', 'failed', 'x')]),
};
const killsSecond = {
  mutant: mutantOf('two', ['a.second']),
  end: resultOf([claimOf('a.first', 'passed'), claimOf('a.second', 'failed', 'the bug')]),
};
const survivor = { mutant: mutantOf('three', ['a.second']), end: healthy };
const late = {
  mutant: mutantOf('four', ['a.first']),
  end: resultOf([claimOf('a.first', 'inconclusive', 'HOST_LATE: busy'), claimOf('a.second', 'passed')]),
};

describe('a matrix', () => {
  it('is complete when every mutant is killed, every claim kills, and the firmware as it is passes', () => {
    const matrix = makeMatrix({ healthy, runs: [killsFirst, killsSecond], all: true });
    expect(matrix.missing).toEqual([]);
    expect(matrix.claims.map(({ killCount }) => killCount)).toEqual([1, 1]);
  });

  it('misses a mutant that survives', () => {
    const { missing, inconclusiveCount } = makeMatrix({
      healthy,
      runs: [killsFirst, killsSecond, survivor],
      all: true,
    });
    expect(missing).toEqual(['three: survived: all 2 claims hold']);
    expect(inconclusiveCount).toBe(0);
  });

  it('misses a claim that kills none, though it failed beside another', () => {
    const { missing } = makeMatrix({ healthy, runs: [killsFirst], all: true });
    expect(missing).toEqual(['a.second: kills no mutant']);
  });

  it('does not ask that of claims when not all mutants were run', () => {
    expect(makeMatrix({ runs: [killsFirst], all: false }).missing).toEqual([]);
  });

  it('misses a healthy firmware that does not pass', () => {
    const red = resultOf([claimOf('a.first', 'failed', 'x')]);
    const { missing, inconclusiveCount } = makeMatrix({ healthy: red, runs: [killsFirst], all: false });
    expect(missing).toEqual(['the firmware as it is: failed: why']);
    expect(inconclusiveCount).toBe(0);
  });

  it('counts apart what the bench could not judge', () => {
    const { missing, inconclusiveCount } = makeMatrix({ healthy, runs: [killsFirst, late], all: false });
    expect(missing).toEqual(['four: inconclusive: a.first: HOST_LATE: busy']);
    expect(inconclusiveCount).toBe(1);
  });

  it('has a row for one that could not be made or judged', () => {
    const fault = { code: 'X', message: 'X: it went wrong.\nNext: mend it' };
    const odd = (name: string, error: PortableError) => ({
      mutant: mutantOf(name, ['a.first']),
      end: { error },
    });
    const runs = [odd('unfit', { ...fault, fault: 'usage' }), odd('stuck', { ...fault, fault: 'bench' })];
    const { missing, inconclusiveCount } = makeMatrix({ healthy, runs, all: false });
    expect(missing).toEqual([
      'unfit: not built: X: it went wrong.',
      'stuck: inconclusive: X: it went wrong.',
    ]);
    expect(inconclusiveCount).toBe(1);
  });

  it('shows who was found out by what', () => {
    const matrix = makeMatrix({ healthy, runs: [killsFirst, killsSecond, survivor, late], all: true });
    expect(renderMatrix(matrix).slice(0, 6)).toEqual([
      '                          1  2',
      '(the firmware as it is)   ·  ·   passed',
      'one                       K  x   killed',
      'two                       ·  K   killed',
      'three                     ·  !   survived',
      'four                      !  ·   inconclusive',
    ]);
  });
});
