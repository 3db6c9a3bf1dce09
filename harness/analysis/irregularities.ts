/** What is irregular about sends by themselves: missing ones, late ones, several at once. */
import { neighbours } from './neighbours.ts';
import type { SendSlots, SlottedSend } from './send-slots.ts';
import { median } from './statistics.ts';
import type { Timeline } from './timeline.ts';

/** Sends that are missing between two that were seen, or in a silence before the first or after the last. */
export interface Gap {
  /** Index of the send before; absent when there is none. */
  readonly index?: number;
  /** When the gap begins: at the send before, or when the watch began. */
  readonly atMs: number;
  readonly missing: number;
}

export interface LateSend {
  readonly index: number;
  readonly atMs: number;
  readonly lateMs: number;
}

/** Neighbours that came within half a period of each other. */
export interface Burst {
  readonly index: number;
  readonly atMs: number;
  readonly count: number;
}

/** A silence at an end of the watch is one from here on; shorter ones are where the watch cut the schedule. */
const SILENT_PERIODS = 5;

export function findGaps(sends: readonly SlottedSend[]): Gap[] {
  return neighbours(sends, (a, b) =>
    b.slot - a.slot > 1 ? [{ index: a.index, atMs: a.atMs, missing: b.slot - a.slot - 1 }] : [],
  ).flat();
}

/** Sends that are missing before the first and after the last one, if it is clear that there should be some. */
export function findSilences({ atMs, watchedMs }: Timeline, periodMs: number): Gap[] {
  if (watchedMs === undefined) return [];
  const { from, to } = watchedMs;
  const missingBetween = (sinceMs: number, untilMs: number) => Math.floor((untilMs - sinceMs) / periodMs);
  const silences: Gap[] = [{ atMs: from, missing: missingBetween(from, atMs[0] ?? to) }];
  const lastMs = atMs.at(-1);
  if (lastMs !== undefined) {
    silences.push({ index: atMs.length - 1, atMs: lastMs, missing: missingBetween(lastMs, to) });
  }
  return silences.filter(({ missing }) => missing >= SILENT_PERIODS);
}

export function findLate({ sends }: SendSlots, periodMs: number): LateSend[] {
  const phases = sends.map(({ slot, atMs }) => atMs - slot * periodMs);
  return sends.flatMap(({ index, atMs }, i) => {
    const usual = median(phases.slice(Math.max(0, i - 4), i + 5)) ?? 0;
    const lateMs = (phases[i] ?? 0) - usual;
    return lateMs > periodMs / 2 ? [{ index, atMs, lateMs }] : [];
  });
}

export function findBursts(atMs: readonly number[], nominalMs: number): Burst[] {
  const bursts: { index: number; atMs: number; count: number }[] = [];
  atMs.forEach((at, index) => {
    if (index === 0 || at - (atMs[index - 1] ?? 0) >= nominalMs / 2)
      bursts.push({ index, atMs: at, count: 0 });
    const burst = bursts.at(-1);
    if (burst !== undefined) burst.count += 1;
  });
  return bursts.filter(({ count }) => count > 1);
}
