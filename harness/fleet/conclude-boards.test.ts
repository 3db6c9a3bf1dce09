import { expect, it } from 'vitest';
import type { BoardOutcome } from '../record/boards-result.ts';
import { concludeBoards } from './conclude-boards.ts';

function outcomes(...verdicts: BoardOutcome['verdict'][]): BoardOutcome[] {
  return verdicts.map((verdict, at) => ({ name: `b${at + 1}`, labels: [], verdict, summary: '' }));
}

it.each([
  [outcomes('passed', 'passed'), 'passed', 'all 2 boards keep every promise'],
  [outcomes('inconclusive', 'failed', 'passed'), 'failed', '1 of 3 boards broke a promise: b2'],
  [outcomes('passed', 'inconclusive', 'passed'), 'inconclusive', '1 of 3 boards could not be judged: b2'],
  // Somebody ended one board's run alone.
  [outcomes('passed', 'interrupted'), 'inconclusive', '1 of 2 boards could not be judged: b2'],
  [outcomes(), 'inconclusive', '0 of 0 boards could not be judged: '],
] as const)('of %j comes %s', (boards, verdict, summary) => {
  expect(concludeBoards(boards, false)).toEqual({ verdict, summary });
});

it('says that it was stopped, whatever was judged by then', () => {
  expect(concludeBoards(outcomes('passed', 'interrupted'), true)).toMatchObject({ verdict: 'interrupted' });
});
