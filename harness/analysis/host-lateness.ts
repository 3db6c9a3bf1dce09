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
  /** Longest single delay of each second. */
  readonly longestMs: readonly number[];
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
    stalls: records.flatMap(({ stalls = [] }) => stalls),
  };
}
