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
  /** Sends come in bursts that keep the rate: then they take the slots one after the other, whenever they come. */
  readonly inBursts: boolean;
}

/** The schedule's phase is followed by the median of this many sends: 4 late ones don't move it. */
const PHASE_SENDS = 9;
/** All that follows is in shares of a period. A send is not early but for noise and a tick doubled, and may be late. */
const EARLIEST = 0.25;
/** Sends held up and let go come closer than this; regular ones don't. */
const BURST_LINK = 0.8;
/** Sends of one burst come closer than this: a console of 115200 Bd spaces them by a tenth, and a busy host by more. */
const WITHIN_BURST = 0.25;
/** A send this near to its slot is on time. */
const ON_TIME = 0.15;

/**
 * Tells missing sends from late ones: lays a schedule over instants and finds each one's place in it.
 *
 * An instant belongs to the slot that it follows. A send that is late by nearly a period or more takes the slot of a
 * later one; that one then finds its slot taken, and the late one moves back to where a slot is free. What stays free
 * was never sent (or was lost). At the ends that can't be told: there, a late send would look like a missing one or like
 * one too many, and is left out.
 *
 * @param atMs - ascending
 * @returns `undefined` for less than three instants
 */
export function assignSlots(atMs: readonly number[], nominalMs: number): SendSlots | undefined {
  const layout = layoutPeriod(atMs, nominalMs);
  if (layout === undefined) return undefined;
  const { periodMs, inBursts } = layout;
  if (inBursts) {
    return { sends: atMs.map((at, index) => ({ slot: index, atMs: at, index })), extras: [], ...layout };
  }
  const sends: { slot: number; atMs: number; index: number }[] = [];
  const extras: number[] = [];
  const firstPhaseMs = initialPhase(atMs.slice(0, PHASE_SENDS), periodMs);
  const phase = () => phaseMs(sends.slice(-PHASE_SENDS), periodMs) ?? firstPhaseMs;
  atMs.forEach((at, index) => {
    const follows = Math.floor((at - phase()) / periodMs + EARLIEST);
    const lastSlot = sends.at(-1)?.slot ?? -Infinity;
    const slot = Math.max(follows, lastSlot);
    if (slot === lastSlot && !moveBack(sends, at, periodMs)) extras.push(index);
    else sends.push({ slot, atMs: at, index });
  });
  dropUnconfirmed(sends, periodMs);
  const firstSlot = sends[0]?.slot ?? 0;
  return { sends: sends.map((send) => ({ ...send, slot: send.slot - firstSlot })), extras, ...layout };
}

interface Placed {
  slot: number;
  readonly atMs: number;
}

/** How late the schedule is that the sends keep; `undefined` while there are too few to tell. */
function phaseMs(sends: readonly Placed[], periodMs: number): number | undefined {
  if (sends.length <= PHASE_SENDS / 2) return undefined;
  return median(sends.map(({ slot, atMs }) => atMs - slot * periodMs));
}

/** The instant that the others, whole periods apart, agree with best; the first one may be late. */
function initialPhase(atMs: readonly number[], periodMs: number): number {
  const apart = (a: number, b: number) => Math.abs(a - b - periodMs * Math.round((a - b) / periodMs));
  const disagreement = (at: number) => atMs.reduce((sum, other) => sum + apart(at, other), 0);
  return atMs.reduce((best, at) => (disagreement(at) < disagreement(best) ? at : best), atMs[0] ?? 0);
}

/** Moves the burst at the end of `sends` one slot back, if there is a free one before it. */
function moveBack(sends: Placed[], nextMs: number, periodMs: number): boolean {
  let after: Placed | undefined;
  let from = sends.length;
  for (let send = sends[from - 1]; send !== undefined; send = sends[from - 1]) {
    if (after !== undefined && send.slot < after.slot - 1) break;
    if ((after?.atMs ?? nextMs) - send.atMs > BURST_LINK * periodMs) return false;
    after = send;
    from -= 1;
  }
  // Whether the slot before the first send is free, nobody knows.
  if (from === 0) sends.length = 0;
  for (const send of sends.slice(from)) send.slot -= 1;
  return true;
}

/** Takes away what follows the last gap, unless two of it are on time: one alone may be late by a period. */
function dropUnconfirmed(sends: Placed[], periodMs: number): void {
  const gapBefore = sends.findLastIndex(({ slot }, i) => i > 0 && slot - (sends[i - 1]?.slot ?? slot) > 1);
  if (gapBefore < 0) return;
  const usualMs = phaseMs(sends.slice(Math.max(0, gapBefore - PHASE_SENDS), gapBefore), periodMs);
  if (usualMs === undefined) return;
  const onTime = sends
    .slice(gapBefore)
    .filter(({ slot, atMs }) => Math.abs(atMs - slot * periodMs - usualMs) < ON_TIME * periodMs);
  if (onTime.length < 2) sends.length = gapBefore;
}

/**
 * The period to lay the schedule out with: the median interval, but for the short ones inside bursts. Where sends
 * come in bursts that keep the rate, the mean over whole bursts.
 */
function layoutPeriod(
  atMs: readonly number[],
  nominalMs: number,
): Pick<SendSlots, 'periodMs' | 'inBursts'> | undefined {
  if (atMs.length < 3) return undefined;
  const intervals = atMs.slice(1).map((at, i) => at - (atMs[i] ?? 0));
  const typicalMs =
    median(intervals.filter((interval) => interval > WITHIN_BURST * nominalMs)) ?? median(intervals);
  const meanMs = meanOverBursts(atMs, nominalMs);
  if (typicalMs === undefined || typicalMs === 0) return undefined;
  const inBursts = typicalMs > 1.5 * meanMs && Math.abs(meanMs - nominalMs) < nominalMs / 10;
  return { periodMs: inBursts ? meanMs : typicalMs, inBursts };
}

/** From the begin of the second burst to that of the last: the watch may cut the first and the last one. */
function meanOverBursts(atMs: readonly number[], nominalMs: number): number {
  const begins = atMs.flatMap((at, i) =>
    at - (atMs[i - 1] ?? -Infinity) < WITHIN_BURST * nominalMs ? [] : [i],
  );
  const [first = 0, last = 0] = [begins[1], begins.at(-1)];
  return last > first ? ((atMs[last] ?? 0) - (atMs[first] ?? 0)) / (last - first) : 0;
}
