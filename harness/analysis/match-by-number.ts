import type { Match, Matches } from './match-in-order.ts';

/**
 * Matches things by the numbers that they bear: the first that was sent with a number with the first that was received with it,
 * and so on. Nothing is ambiguous then.
 *
 * @param matchRest - matches what was sent and is left over with what was received without a number, which a damaged one is; gets
 *     the indices of both
 */
export function matchByNumber(
  sent: readonly (number | undefined)[],
  received: readonly (number | undefined)[],
  matchRest: (sent: readonly number[], received: readonly number[]) => Matches,
): Matches {
  const waiting = new Map<number, number[]>();
  sent.forEach((number, at) => {
    if (number !== undefined) waiting.set(number, [...(waiting.get(number) ?? []), at]);
  });
  const pairs: Match[] = [];
  const unmatchedReceived: number[] = [];
  received.forEach((number, at) => {
    const from = number === undefined ? undefined : waiting.get(number)?.shift();
    if (from === undefined) unmatchedReceived.push(at);
    else pairs.push({ sent: from, received: at, certain: true });
  });
  const paired = new Set(pairs.map((pair) => pair.sent));
  const sentLeft = sent.flatMap((_, at) => (paired.has(at) ? [] : [at]));
  const unnumbered = unmatchedReceived.filter((at) => received[at] === undefined);
  const rest = matchRest(sentLeft, unnumbered);
  const settled = new Set(rest.pairs.map((pair) => pair.received));
  return {
    pairs: [...pairs, ...rest.pairs].sort((a, b) => a.sent - b.sent),
    unmatchedSent: rest.unmatchedSent,
    unmatchedReceived: unmatchedReceived.filter((at) => !settled.has(at)),
  };
}
