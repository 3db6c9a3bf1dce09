/** Synthetic traces with known truth. Everything random comes from a seed. */
import { seededRandom } from '../seeded-random.ts';
import type { Timeline } from '../timeline.ts';

export { seededRandom } from '../seeded-random.ts';

/** Delay of one send in milliseconds. */
export type Delay = (random: () => number) => number;

/**
 * Delays of sends on a shared 2-core host, as measured there: `idle` p99 1.7 ms, max 4 ms; `hogs` (two busy loops)
 * p99 3.8 ms, max 17–46 ms; `build` (another program's build) p99 14 ms, p99.9 58 ms, max 90 ms.
 */
export const delays = {
  none: () => 0,
  idle: mixture([0.975, 0.01], [0.024, 0.9], [0.001, 2]),
  hogs: mixture([0.95, 0.02], [0.047, 1.6], [0.003, 8]),
  build: mixture([0.9, 0.03], [0.09, 4], [0.01, 20]),
} satisfies Record<string, Delay>;

/** Exponential delays: each share of the sends has its own mean in milliseconds. */
function mixture(...parts: readonly (readonly [share: number, meanMs: number])[]): Delay {
  return (random) => {
    let pick = random();
    const part = parts.find(([share]) => (pick -= share) < 0) ?? ([0, 0] as const);
    return -part[1] * Math.log(1 - random());
  };
}

export interface TraceOptions {
  readonly count: number;
  readonly periodMs?: number;
  readonly delay?: Delay;
  readonly seed?: number;
  /** Added to the schedule from this send on, e.g. a lost tick. */
  readonly steps?: readonly { readonly at: number; readonly ms: number }[];
  /** Sends that never happen. */
  readonly missing?: readonly number[];
}

/** Arrivals of sends on absolute deadlines, each delayed by itself; none overtakes the one before. */
export function absoluteTrace(options: TraceOptions): Timeline {
  const { count, periodMs = 100, delay = delays.none, seed = 1, steps = [], missing = [] } = options;
  const random = seededRandom(seed);
  const atMs: number[] = [];
  for (let send = 0; send < count; send++) {
    const stepMs = steps.reduce((sum, { at, ms }) => sum + (send >= at ? ms : 0), 0);
    const due = send * periodMs + stepMs + delay(random);
    if (!missing.includes(send)) atMs.push(Math.max(due, atMs.at(-1) ?? -Infinity));
  }
  return timelineOf(atMs);
}

/** Arrivals of a sender that sleeps for a period after each send: every delay moves all sends that follow. */
export function relativeTrace({ count, periodMs = 100, delay = delays.none, seed = 1 }: TraceOptions): Timeline {
  const random = seededRandom(seed);
  const atMs = [0];
  while (atMs.length < count) atMs.push((atMs.at(-1) ?? 0) + periodMs + delay(random));
  return timelineOf(atMs);
}

export function timelineOf(atMs: readonly number[]): Timeline {
  return { clock: 'host', atMs, boundUs: 0 };
}
