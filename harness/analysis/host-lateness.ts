import type { BenchHealth, BoardStall, Span, Window } from '../record/events.ts';
import { median } from './statistics.ts';

/**
 * How late this host itself was in a window, by the event loop of the ack server's thread: it does next to nothing, so what
 * holds it up holds up everybody on this host, a board that runs here too. What held up the board, the board knows best.
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
  /** When the thread was held up. */
  readonly stalls: readonly Span[];
  /** When the board was, by its own account, in the order of time and without overlaps; absent for one that doesn't tell. */
  readonly boardStalls?: readonly Span[];
}

/** What is told of the host. */
export interface HostAccounts {
  readonly health: readonly BenchHealth[];
  readonly boardStalls?: readonly BoardStall[] | undefined;
}

/** Watched every second, so what was measured over a second may lie a second around the window. */
const RECORD_NS = 1.1e9;

/** @returns `undefined` when nobody watched the host in the window. */
export function hostLateness(
  { health, boardStalls }: HostAccounts,
  window: Window,
): HostLateness | undefined {
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
    ...(boardStalls && {
      boardStalls: united(
        boardStalls.filter(({ fromNs, toNs }) => toNs >= window.fromNs && fromNs <= window.toNs),
      ),
    }),
  };
}

/** A board on this host wakes up some four times a period: to send, to read its ack, to write its log. */
const WAKE_UPS = 4;

/**
 * How many periods a board on this host may have left out because of it: those that its stalls span, counted in halves because a
 * send that is late by half a period counts as the next one. Of a board that doesn't tell its stalls: those that the longest
 * delay of the host spans; and all of a second in which wake-ups were so late that the board can't have come to all of them.
 */
export function periodsHeldUp({ longestMs, p99Ms, boardStalls }: HostLateness, periodMs: number): number {
  if (boardStalls !== undefined) {
    return boardStalls.reduce((sum, stall) => sum + Math.round(lengthMs(stall) / periodMs), 0);
  }
  return longestMs.reduce((sum, longest, second) => {
    const isHopeless = (p99Ms[second] ?? 0) >= periodMs / WAKE_UPS;
    return sum + Math.floor((isHopeless ? Math.max(longest, 1000) : longest) / periodMs);
  }, 0);
}

/** How long anything was held up between two instants, by whoever's account; what several tell of is counted once. */
export function heldUpMs(stalls: readonly Span[], { fromNs, toNs }: Span): number {
  return united(stalls).reduce(
    (sum, stall) => sum + Math.max(0, (Math.min(stall.toNs, toNs) - Math.max(stall.fromNs, fromNs)) / 1e6),
    0,
  );
}

/** Spans that several threads told of, each instant in one of them only. */
function united(spans: readonly Span[]): Span[] {
  const apart: Span[] = [];
  for (const { fromNs, toNs } of [...spans].sort((a, b) => a.fromNs - b.fromNs)) {
    const last = apart.at(-1);
    if (last !== undefined && fromNs <= last.toNs) {
      apart[apart.length - 1] = { fromNs: last.fromNs, toNs: toNs > last.toNs ? toNs : last.toNs };
    } else {
      apart.push({ fromNs, toNs });
    }
  }
  return apart;
}

function lengthMs({ fromNs, toNs }: Span): number {
  return (toNs - fromNs) / 1e6;
}
