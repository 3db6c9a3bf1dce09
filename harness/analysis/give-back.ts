import type { Span } from '../record/events.ts';
import { neighbours } from './neighbours.ts';
import { median } from './statistics.ts';

export interface Stalls {
  /** When this host was held up, on the clock of the arrivals. */
  readonly spans: readonly StallMs[];
  /** Once it goes on, everybody wants to: a sender gets his turn this much later than the thread that noticed, at most. */
  readonly turnMs: number;
}

interface StallMs {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sender's schedule near some instant: `anchorMs` and whole periods from it. */
interface Schedule {
  readonly anchorMs: number;
  readonly periodMs: number;
}

/** As many arrivals on either side tell the schedule's phase, by their median: a few late ones among them don't move it. */
const PHASE_ARRIVALS = 5;

/** A sender is that much before its schedule at most. */
const EARLY_MS = 2;

/**
 * Where arrivals would be if this host had not been held up: each that comes in a stall or right after it moves back to its
 * sender's schedule, by as much as the stall may have held it up and no further. The schedule is that of the arrivals nearby that
 * came in no stall, so a sender that has lost a tick, or keeps another period, keeps it.
 *
 * @param atMs - ascending
 */
export function giveBackStalls(
  atMs: readonly number[],
  { spans, turnMs }: Stalls,
  nominalMs: number,
): number[] {
  const earliestMs = atMs.map((at) =>
    Math.min(
      at,
      ...spans.filter(({ fromMs, toMs }) => at >= fromMs && at <= toMs + turnMs).map(({ fromMs }) => fromMs),
    ),
  );
  const free = atMs.filter((at, index) => earliestMs[index] === at);
  const periodMs = usualPeriod(free, nominalMs);
  if (periodMs === undefined) return [...atMs];
  let lastMs = -Infinity;
  return atMs.map((at, index) => {
    const earliest = earliestMs[index] ?? at;
    const given =
      earliest === at ? at : onSchedule(scheduleNear(free, at, periodMs), { earliest, at, lastMs });
    lastMs = given;
    return given;
  });
}

/** The first place on the schedule that a send may have had; where there is none, it was late before the stall began. */
function onSchedule(
  { anchorMs, periodMs }: Schedule,
  { earliest, at, lastMs }: { readonly earliest: number; readonly at: number; readonly lastMs: number },
): number {
  const notBeforeMs = Math.max(earliest - EARLY_MS, lastMs + periodMs / 2);
  const placeMs = anchorMs + periodMs * Math.ceil((notBeforeMs - anchorMs) / periodMs);
  if (placeMs <= at) return placeMs;
  return Math.min(at, Math.max(earliest, lastMs));
}

/** Time from one send to the next, by arrivals between which some may be missing. */
function usualPeriod(atMs: readonly number[], nominalMs: number): number | undefined {
  return median(
    neighbours(atMs, (a, b) => (b - a) / Math.max(1, Math.round((b - a) / nominalMs))).filter(
      (period) => period > nominalMs / 2,
    ),
  );
}

function scheduleNear(free: readonly number[], at: number, periodMs: number): Schedule {
  const next = free.findIndex((other) => other > at);
  const middle = next === -1 ? free.length : next;
  const nearby = free.slice(Math.max(0, middle - PHASE_ARRIVALS), middle + PHASE_ARRIVALS);
  const [first = at] = nearby;
  const phases = nearby.map((other) => other - first - periodMs * Math.round((other - first) / periodMs));
  return { anchorMs: first + (median(phases) ?? 0), periodMs };
}

/** Spans on the clock of a timeline whose 0 is at `zeroNs`. */
export function inMs(spans: readonly Span[], zeroNs: number): StallMs[] {
  return spans.map(({ fromNs, toNs }) => ({ fromMs: (fromNs - zeroNs) / 1e6, toMs: (toNs - zeroNs) / 1e6 }));
}
