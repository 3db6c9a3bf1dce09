import { describe, expect, test } from 'vitest';
import { matchInOrder } from './match-in-order.ts';

const OPTIONS = { periodMs: 100, maxDelayMs: 1000, earlyMs: 25 };

function pairsOf(expectedMs: readonly number[], receivedMs: readonly number[]): string[] {
  return matchInOrder(expectedMs, receivedMs, OPTIONS).pairs.map(
    ({ sent, received, certain }) => `${sent}→${received}${certain ? '' : '?'}`,
  );
}

describe('matchInOrder', () => {
  test('each with its own', () => {
    expect(pairsOf([0, 100, 200], [1, 101, 201])).toEqual(['0→0', '1→1', '2→2']);
  });

  test('a loss shifts nothing', () => {
    expect(pairsOf([0, 100, 200], [1, 201])).toEqual(['0→0', '2→1']);
    expect(matchInOrder([0, 100, 200], [1, 201], OPTIONS).unmatchedSent).toEqual([1]);
  });

  test('one that is later than half a period is matched with what is left', () => {
    expect(pairsOf([0, 100, 200], [101, 165, 201])).toEqual(['0→1', '1→0', '2→2']);
  });

  test('three held up and let go together', () => {
    expect(pairsOf([0, 100, 200, 300], [240, 240.1, 240.2, 300])).toEqual(['0→1?', '1→2?', '2→0?', '3→3']);
  });

  test('later than a second is lost', () => {
    expect(matchInOrder([0], [1001], OPTIONS)).toEqual({
      pairs: [],
      unmatchedSent: [0],
      unmatchedReceived: [0],
    });
  });

  test('two in one place: either could be the one', () => {
    expect(pairsOf([0, 100], [1, 1.2, 101])).toEqual(['0→0?', '1→2']);
  });
});
