import { describe, expect, it } from 'vitest';
import { matchByNumber } from './match-by-number.ts';
import { matchInOrder } from './match-in-order.ts';

const options = { periodMs: 100, maxDelayMs: 1000, earlyMs: 1 };

/** By number, and what bears none in order, one every 100 ms. */
function match(sent: readonly number[], received: readonly (number | undefined)[]) {
  return matchByNumber(sent, received, (sentLeft, receivedLeft) => {
    const rest = matchInOrder(
      sentLeft.map((at) => at * 100),
      receivedLeft.map((at) => at * 100),
      options,
    );
    return {
      pairs: rest.pairs.map((pair) => ({
        ...pair,
        sent: sentLeft[pair.sent] ?? NaN,
        received: receivedLeft[pair.received] ?? NaN,
      })),
      unmatchedSent: rest.unmatchedSent.map((at) => sentLeft[at] ?? NaN),
      unmatchedReceived: rest.unmatchedReceived.map((at) => receivedLeft[at] ?? NaN),
    };
  });
}

function pairsOf(sent: readonly number[], received: readonly (number | undefined)[]): string[] {
  return match(sent, received).pairs.map((pair) => `${pair.sent}→${pair.received}`);
}

describe('matchByNumber', () => {
  it('pairs what bears the same number, in whatever order it comes', () => {
    expect(pairsOf([5, 6, 7], [6, 7, 5])).toEqual(['0→2', '1→0', '2→1']);
  });

  it('leaves over what did not come, and what came without being sent', () => {
    expect(match([5, 6, 7], [5, 7, 9])).toMatchObject({ unmatchedSent: [1], unmatchedReceived: [2] });
  });

  it('pairs a number that was sent twice with both that come, and leaves a third over', () => {
    const { pairs, unmatchedReceived } = match([5, 5, 6], [5, 6, 5, 5]);
    expect(pairs.map((pair) => `${pair.sent}→${pair.received}`)).toEqual(['0→0', '1→2', '2→1']);
    expect(unmatchedReceived).toEqual([3]);
  });

  it('pairs by time what lost its number on the way, with what found no counterpart', () => {
    expect(pairsOf([5, 6, 7], [5, undefined, 7])).toEqual(['0→0', '1→1', '2→2']);
  });
});
