import type { Sent } from '../log/device-event.ts';
import type { Datagram } from '../record/events.ts';
import type { Matches } from './match-in-order.ts';

export interface ExplainInput {
  /** In order of time, as all lists; times are on one clock. */
  readonly sends: readonly Sent[];
  readonly sentMs: readonly number[];
  readonly datagrams: readonly Datagram[];
  readonly arrivalsMs: readonly number[];
  readonly periodMs: number;
  /** Payloads end with their number: one that comes again is a double whenever it comes. */
  readonly numbered: boolean;
}

/** Indices of arrivals. */
export interface Explained {
  /** Right beside one with the same payload that is accounted for. */
  readonly duplicates: readonly number[];
  /** Where the log's numbering skips a send: its line was lost, not the truth. */
  readonly unlogged: readonly number[];
  /** Nothing explains these. */
  readonly unreported: readonly number[];
}

/** Why there are arrivals that no line of the device tells of. */
export function explainArrivals(matches: Matches, input: ExplainInput): Explained {
  const { sends, sentMs, datagrams, arrivalsMs, periodMs, numbered } = input;
  const matched = new Set(matches.pairs.map(({ received }) => received));
  const explained = { duplicates: [] as number[], unlogged: [] as number[], unreported: [] as number[] };
  const missingLines = new Map<number, number>();
  for (const i of matches.unmatchedReceived) {
    const atMs = arrivalsMs[i] ?? 0;
    const after = sentMs.findIndex((sent) => sent > atMs);
    const skipped = (sends[after]?.seq ?? 0) - (sends[after - 1]?.seq ?? Infinity) - 1;
    const lines = missingLines.get(after) ?? skipped;
    if (lines > 0) {
      missingLines.set(after, lines - 1);
      explained.unlogged.push(i);
    } else if (
      (numbered ? [...matched] : [i - 1, i + 1]).some(
        (j) =>
          matched.has(j) &&
          (numbered || Math.abs((arrivalsMs[j] ?? Infinity) - atMs) < periodMs / 2) &&
          datagrams[j]?.length === datagrams[i]?.length &&
          datagrams[j]?.payloadHex === datagrams[i]?.payloadHex,
      )
    ) {
      explained.duplicates.push(i);
    } else {
      explained.unreported.push(i);
    }
  }
  return explained;
}
