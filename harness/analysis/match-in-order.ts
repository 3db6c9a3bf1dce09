/** Which of the things that were sent became which of the things that were received. */
export interface Matches {
  readonly pairs: readonly Match[];
  /** Indices of what was sent and found no counterpart, and the other way round. */
  readonly unmatchedSent: readonly number[];
  readonly unmatchedReceived: readonly number[];
}

export interface Match {
  /** Indices into the two lists. */
  readonly sent: number;
  readonly received: number;
  /** False: another pairing would have been possible, too. */
  readonly certain: boolean;
}

export interface MatchOptions {
  /** Usual time between two sends. */
  readonly periodMs: number;
  /** What takes longer than this is lost. */
  readonly maxDelayMs: number;
  /** How much earlier than expected something may come, because clocks are not exact. Nothing comes before it is sent. */
  readonly earlyMs: number;
}

/** Nearest neighbours are matched up to this share of a period late. */
const LATE = 0.5;

/**
 * Matches things that look all the same by their times: first each send with the arrival nearest to when it is
 * expected, then what was late with what is left over, in order. So a lost one doesn't shift all that follow.
 *
 * @param expectedMs - when what was sent would usually arrive; ascending
 * @param receivedMs - when it did; ascending, on the same clock
 */
export function matchInOrder(
  expectedMs: readonly number[],
  receivedMs: readonly number[],
  { periodMs, maxDelayMs, earlyMs }: MatchOptions,
): Matches {
  const near = candidates(expectedMs, receivedMs, -earlyMs, LATE * periodMs);
  const pairs = pairUp(
    near.toSorted((a, b) => Math.abs(a.delayMs) - Math.abs(b.delayMs)),
    near,
  );
  const sentLeft = without(expectedMs, new Set(pairs.map(({ sent }) => sent)));
  const receivedLeft = without(receivedMs, new Set(pairs.map(({ received }) => received)));
  const late = candidates(
    sentLeft.map(({ atMs }) => atMs),
    receivedLeft.map(({ atMs }) => atMs),
    -earlyMs,
    maxDelayMs,
  ).map(({ sent, received, delayMs }) => ({
    sent: sentLeft[sent]?.index ?? 0,
    received: receivedLeft[received]?.index ?? 0,
    delayMs,
  }));
  pairs.push(...pairUp(late, late));
  const matchedSent = new Set(pairs.map(({ sent }) => sent));
  const matchedReceived = new Set(pairs.map(({ received }) => received));
  return {
    pairs: pairs.sort((a, b) => a.sent - b.sent),
    unmatchedSent: without(expectedMs, matchedSent).map(({ index }) => index),
    unmatchedReceived: without(receivedMs, matchedReceived).map(({ index }) => index),
  };
}

interface Candidate {
  readonly sent: number;
  readonly received: number;
  readonly delayMs: number;
}

/** All pairs with a delay in the range, in order of what was sent, then of what was received. */
function candidates(
  expectedMs: readonly number[],
  receivedMs: readonly number[],
  leastMs: number,
  mostMs: number,
): Candidate[] {
  const found: Candidate[] = [];
  let first = 0;
  expectedMs.forEach((expected, sent) => {
    while ((receivedMs[first] ?? Infinity) < expected + leastMs) first++;
    for (let received = first; (receivedMs[received] ?? Infinity) <= expected + mostMs; received++) {
      found.push({ sent, received, delayMs: (receivedMs[received] ?? 0) - expected });
    }
  });
  return found;
}

/** Takes candidates in the given order, each side once. */
function pairUp(inOrder: readonly Candidate[], all: readonly Candidate[]): Match[] {
  const choicesOfSent = countBy(all, ({ sent }) => sent);
  const choicesOfReceived = countBy(all, ({ received }) => received);
  const sentTaken = new Set<number>();
  const receivedTaken = new Set<number>();
  const pairs: Match[] = [];
  for (const { sent, received } of inOrder) {
    if (sentTaken.has(sent) || receivedTaken.has(received)) continue;
    sentTaken.add(sent);
    receivedTaken.add(received);
    const certain = choicesOfSent.get(sent) === 1 && choicesOfReceived.get(received) === 1;
    pairs.push({ sent, received, certain });
  }
  return pairs;
}

function countBy<T>(items: readonly T[], key: (item: T) => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

function without(timesMs: readonly number[], taken: ReadonlySet<number>): { index: number; atMs: number }[] {
  return timesMs.flatMap((atMs, index) => (taken.has(index) ? [] : [{ index, atMs }]));
}
