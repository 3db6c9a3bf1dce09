import { median } from './statistics.ts';

/** A periodic send as it was seen: its place in the schedule, counted in periods from the first, and its instant. */
export interface SlottedSend {
  readonly slot: number;
  readonly atMs: number;
  /** Index in the list it was found in. */
  readonly index: number;
}

export interface SendSlots {
  /** Ascending in slot and instant. A slot that is skipped is a missing send. */
  readonly sends: readonly SlottedSend[];
  /** Indices of what came beyond the schedule: a send for which no slot was left. */
  readonly extras: readonly number[];
  /** Period that the schedule was laid out with. */
  readonly periodMs: number;
}

/** The schedule's phase is followed by the median of this many sends: 4 late ones don't move it. */
const PHASE_SENDS = 9;
/** Sends held up and let go together come closer than this share of a period; regular ones don't. */
const BURST_LINK = 0.75;
/** A send and its double come closer than this share of a period. */
const DOUBLED_LINK = 0.1;

/**
 * Tells missing sends from late ones: lays a schedule over instants and finds each one's place in it.
 *
 * An instant belongs to the slot that it is nearest to. A send that is late by more than half a period is nearest to
 * a slot that isn't its own; the next one, on time, then finds its slot taken, and the late one moves back to
 * where a slot is free. What stays free was never sent (or was lost).
 *
 * @param atMs - ascending
 * @returns `undefined` for less than three instants
 */
export function assignSlots(atMs: readonly number[], nominalMs: number): SendSlots | undefined {
  const periodMs = layoutPeriod(atMs, nominalMs);
  if (periodMs === undefined) return undefined;
  const sends: { slot: number; atMs: number; index: number }[] = [];
  const extras: number[] = [];
  atMs.forEach((at, index) => {
    const phaseMs = median(sends.slice(-PHASE_SENDS).map((send) => send.atMs - send.slot * periodMs)) ?? at;
    const nearest = Math.round((at - phaseMs) / periodMs);
    const lastSlot = sends.at(-1)?.slot ?? -Infinity;
    // The nearest slot may even lie before the last one's, when several were late.
    const slot = Math.max(nearest, lastSlot);
    if (slot === lastSlot && !moveBack(sends, at, periodMs)) extras.push(index);
    else sends.push({ slot, atMs: at, index });
  });
  const firstSlot = sends[0]?.slot ?? 0;
  return { sends: sends.map((send) => ({ ...send, slot: send.slot - firstSlot })), extras, periodMs };
}

/** Moves the burst at the end of `sends` one slot back, if there is a free one before it. */
function moveBack(sends: { slot: number; atMs: number }[], nextMs: number, periodMs: number): boolean {
  const burst: { slot: number }[] = [];
  let after = { slot: Infinity, atMs: nextMs };
  for (const send of sends.toReversed()) {
    if (burst.length > 0 && send.slot < after.slot - 1) break;
    if (after.atMs - send.atMs > BURST_LINK * periodMs) return false;
    burst.push(send);
    after = send;
  }
  // Before the first send all slots are free; that it was late is believed of a single one, not of doubled ones.
  const beforeFirst = burst.length === sends.length;
  if (beforeFirst && nextMs - after.atMs < DOUBLED_LINK * periodMs) return false;
  for (const send of burst) send.slot -= 1;
  return true;
}

/**
 * The period to lay the schedule out with: the median interval, but for the short ones inside bursts. Where sends
 * come in bursts that keep the rate, the promised period.
 */
function layoutPeriod(atMs: readonly number[], nominalMs: number): number | undefined {
  if (atMs.length < 3) return undefined;
  const intervals = atMs.slice(1).map((at, i) => at - (atMs[i] ?? 0));
  const typicalMs = median(intervals.filter((interval) => interval > nominalMs / 10)) ?? median(intervals);
  const meanMs = ((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)) / intervals.length;
  if (typicalMs === undefined || typicalMs === 0) return undefined;
  const inBursts = typicalMs > 1.5 * meanMs && Math.abs(meanMs - nominalMs) < nominalMs / 10;
  return inBursts ? nominalMs : typicalMs;
}
