import type { Span } from '../record/events.ts';
import { floorLine } from './lower-hull.ts';
import { assignSlots } from './send-slots.ts';

export interface Stalls {
  /** When this host was held up, on the clock of the arrivals. */
  readonly spans: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** Once it goes on, everybody wants to: a sender gets his turn this much later than the thread that noticed, at most. */
  readonly turnMs: number;
}

/**
 * Where arrivals would be if this host had not been held up: each that comes in a stall or right after it moves back towards
 * its sender's schedule, by as much as the stall may have held it up and no further. The schedule is the line below all
 * arrivals (see `floorLine`): nothing makes a send early. A send that is late by three quarters of a period or more stays.
 *
 * @param atMs - ascending
 */
export function giveBackStalls(
  atMs: readonly number[],
  { spans, turnMs }: Stalls,
  nominalMs: number,
): number[] {
  const slots = assignSlots(atMs, nominalMs);
  const line = slots && floorLine(slots.sends.map((send) => ({ x: send.slot, y: send.atMs })));
  if (slots === undefined || line === undefined || spans.length === 0) return [...atMs];
  const given = [...atMs];
  for (const { slot, atMs: at, index } of slots.sends) {
    const begins = spans.filter(({ fromMs, toMs }) => at >= fromMs && at <= toMs + turnMs);
    const earliestMs = Math.min(at, ...begins.map(({ fromMs }) => fromMs));
    given[index] = Math.min(at, Math.max(earliestMs, line.intercept + line.slope * slot));
  }
  return given.sort((a, b) => a - b);
}

/** Spans on the clock of a timeline whose 0 is at `zeroNs`. */
export function inMs(spans: readonly Span[], zeroNs: number): { fromMs: number; toMs: number }[] {
  return spans.map(({ fromNs, toNs }) => ({ fromMs: (fromNs - zeroNs) / 1e6, toMs: (toNs - zeroNs) / 1e6 }));
}
