import type { BenchHealth, Span, Window } from '../record/events.ts';

/**
 * A second in which the server's thread was never later than this is calm. Measured on a host of 2 cores: in calm seconds the median
 * round trip of a healthy board stays within 8 %, in others it doubles.
 */
const CALM_MS = 1.5;

/** On a host that is always busy a second may look calm by chance: then they are this rare, and none of them counts. */
const LEAST_SHARE = 0.4;

/** Looked at every second. */
const LOOK_NS = 1.1e9;

/** When this host was on time, in order: what it shares with the board was then as good as the board's own. */
export function calmSpans(health: readonly BenchHealth[], window: Pick<Window, 'fromNs' | 'toNs'>): Span[] {
  const looks = health.filter(({ thread }) => thread === 'server');
  const calm = looks.flatMap((look, at) => {
    const sinceNs = Math.max(looks[at - 1]?.hostNs ?? 0, look.hostNs - LOOK_NS, window.fromNs);
    const toNs = Math.min(look.hostNs, window.toNs);
    const isCalm = look.loopDelayMaxMs <= CALM_MS && look.stalls === undefined;
    return isCalm && sinceNs < toNs
      ? [{ fromNs: sinceNs as Span['fromNs'], toNs: toNs as Span['toNs'] }]
      : [];
  });
  const calmNs = calm.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
  return calmNs >= LEAST_SHARE * (window.toNs - window.fromNs) ? calm : [];
}

export function isWithin(spans: readonly Span[], atNs: number): boolean {
  return spans.some(({ fromNs, toNs }) => atNs >= fromNs && atNs <= toNs);
}
