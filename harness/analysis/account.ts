import type { Match, Matches } from './match-in-order.ts';
import { durationFigures, type DurationFigures } from './round-trip.ts';

/** What became of what was sent in one direction, over a window: sent = matched + lost + unresolved. */
export interface Account {
  /** What the sender says it sent in the window, and how many of these the receiver saw. */
  readonly sentCount: number;
  readonly matchedCount: number;
  /** Of the matched: those that could be paired otherwise, too. Counted, never guessed: they enter no delay. */
  readonly ambiguousCount: number;
  /** No counterpart, but too near to an end of the evidence to say more; of both sides. */
  readonly unresolvedCount: number;
  /** Came after something that was sent later. @see RFC 4737, section 3 */
  readonly reorderedCount: number;
  /** One-way delays, as far as the clocks are aligned: each can be off by the alignment's `boundUs`. */
  readonly delay: DurationFigures;
}

/** The window, the part of it in which a missing counterpart means something, and what is known of delays. */
export interface AccountSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly resolvedFromMs: number;
  readonly resolvedToMs: number;
  readonly delaysKnown: boolean;
}

export interface AccountInput {
  /** Both on one clock, by index of the matches. */
  readonly sentMs: readonly number[];
  readonly receivedMs: readonly number[];
  readonly span: AccountSpan;
}

/** Accounts for what was sent in the window; `lost` holds indices of what was sent, `certain` the pairs without an alternative. */
export function accountFor(
  { pairs, unmatchedSent }: Matches,
  { sentMs, receivedMs, span }: AccountInput,
): { readonly account: Account; readonly certain: readonly Match[]; readonly lost: readonly number[] } {
  const inWindow = pairs.filter(({ sent }) => isWithin(sentMs[sent], span));
  const certain = inWindow.filter((pair) => pair.certain);
  // What is received comes after what is sent, so only the end of the evidence can hide it.
  const { settled: lost, unresolvedCount } = settle(unmatchedSent, sentMs, {
    ...span,
    resolvedFromMs: -Infinity,
  });
  const delaysUs = certain.map(
    ({ sent, received }) => ((receivedMs[received] ?? 0) - (sentMs[sent] ?? 0)) * 1e3,
  );
  return {
    account: {
      sentCount: inWindow.length + lost.length + unresolvedCount,
      matchedCount: inWindow.length,
      ambiguousCount: inWindow.length - certain.length,
      unresolvedCount,
      reorderedCount: countReordered(inWindow),
      delay: durationFigures(span.delaysKnown ? delaysUs : []),
    },
    certain,
    lost,
  };
}

/** Of items without a counterpart, those in the window: for sure, or too near to an end to be sure. */
export function settle(
  unmatched: readonly number[],
  timesMs: readonly number[],
  span: AccountSpan,
): { readonly settled: readonly number[]; readonly unresolvedCount: number } {
  const inWindow = within(unmatched, timesMs, span);
  const settled = inWindow.filter((i) => {
    const atMs = timesMs[i] ?? NaN;
    return atMs >= span.resolvedFromMs && atMs < span.resolvedToMs;
  });
  return { settled, unresolvedCount: inWindow.length - settled.length };
}

export function within(indices: readonly number[], timesMs: readonly number[], span: AccountSpan): number[] {
  return indices.filter((i) => isWithin(timesMs[i], span));
}

function isWithin(atMs: number | undefined, { fromMs, toMs }: AccountSpan): boolean {
  return atMs !== undefined && atMs >= fromMs && atMs < toMs;
}

/** RFC 4737, section 3.3: a packet is reordered when one that was sent later has come before it. */
function countReordered(pairs: readonly Match[]): number {
  let newest = -1;
  const inOrderOfArrival = pairs.toSorted((a, b) => a.received - b.received);
  return inOrderOfArrival.filter(({ sent }) => {
    const reordered = sent < newest;
    newest = Math.max(newest, sent);
    return reordered;
  }).length;
}
