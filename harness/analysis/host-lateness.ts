import type { BenchHealth, Span, Window } from '../record/events.ts';
import { median } from './statistics.ts';

/**
 * How late this host itself was in a window, by the event loop of the ack server's thread: it does next to nothing, so what
 * holds it up holds up everybody on this host, a board that runs here too.
 */
export interface HostLateness {
  /** Median of the delays: over all, and in the worst of the seconds watched. */
  readonly usualMs: number;
  readonly usualInWorstSecondMs: number;
  /** 99th percentile of the delays in the worst second. */
  readonly p99InWorstSecondMs: number;
  /** Longest single delay of each second, and its 99th percentile. */
  readonly longestMs: readonly number[];
  readonly p99Ms: readonly number[];
  /** When it was held up. */
  readonly stalls: readonly Span[];
}

/** Watched every second, so what was measured over a second may lie a second around the window. */
const RECORD_NS = 1.1e9;

/** @returns `undefined` when nobody watched the host in the window. */
export function hostLateness(health: readonly BenchHealth[], window: Window): HostLateness | undefined {
  const records = health.filter(
    ({ thread, hostNs }) =>
      thread === 'server' && hostNs >= window.fromNs && hostNs <= window.toNs + RECORD_NS,
  );
  const p50s = records.flatMap(({ loopDelayP50Ms }) => loopDelayP50Ms ?? []);
  const usualMs = median(p50s);
  if (usualMs === undefined) return undefined;
  return {
    usualMs,
    usualInWorstSecondMs: Math.max(...p50s),
    p99InWorstSecondMs: Math.max(...records.map(({ loopDelayP99Ms }) => loopDelayP99Ms)),
    longestMs: records.map(({ loopDelayMaxMs }) => loopDelayMaxMs),
    p99Ms: records.map(({ loopDelayP99Ms }) => loopDelayP99Ms),
    stalls: records.flatMap(({ stalls = [] }) => stalls),
  };
}

/** A board on this host wakes up some four times a period: to send, to read its ack, to write its log. */
const WAKE_UPS = 4;

/**
 * How many periods a board on this host may have left out because of it: those that its longest delay spans; and all of a second
 * in which wake-ups were so late that the board can't have come to all of them.
 */
export function periodsHeldUp({ longestMs, p99Ms }: HostLateness, periodMs: number): number {
  return longestMs.reduce((sum, longest, second) => {
    const isHopeless = (p99Ms[second] ?? 0) >= periodMs / WAKE_UPS;
    return sum + Math.floor((isHopeless ? Math.max(longest, 1000) : longest) / periodMs);
  }, 0);
}
