import type { HostNs } from '../time/clock.ts';

/** One look at both clocks: the wall clock was read between the two readings of the monotonic clock. */
export interface ClockPair {
  readonly beforeNs: bigint;
  readonly wallNs: bigint;
  readonly afterNs: bigint;
}

/** An instant on the monotonic clock, and how far from the truth it can be. */
export interface Converted {
  readonly hostNs: HostNs;
  readonly boundUs: number;
}

/** Both clocks tick in nanoseconds. */
const resolutionUs = 0.001;

/** Looks at both clocks; a look that was interrupted (preempted, most likely) is repeated, at most twice. */
export function readClockPair(readWallNs: () => bigint): ClockPair {
  let best = look();
  for (let again = 0; again < 2 && widthNs(best) > 5_000n; again++) {
    const next = look();
    if (widthNs(next) < widthNs(best)) best = next;
  }
  return best;

  function look(): ClockPair {
    const beforeNs = process.hrtime.bigint();
    const wallNs = readWallNs();
    return { beforeNs, wallNs, afterNs: process.hrtime.bigint() };
  }
}

/**
 * Converts an instant of the wall clock to the monotonic clock. Both are disciplined alike (NTP slews both), so
 * their distance is constant unless somebody sets the wall clock, which {@link WallClockSteps} notices.
 */
export function wallToHost(wallNs: bigint, pair: ClockPair): Converted {
  const ageNs = Number(pair.wallNs - wallNs);
  return {
    hostNs: Math.round(Number(pair.beforeNs) + Number(widthNs(pair)) / 2 - ageNs) as HostNs,
    boundUs: Number(widthNs(pair)) / 2 / 1000 + resolutionUs,
  };
}

/** Notices that the wall clock was set (or the host slept), from the distance of the two clocks. */
export class WallClockSteps {
  private last: ClockPair;
  private sinceNs: bigint;

  constructor(pair: ClockPair) {
    this.last = pair;
    this.sinceNs = pair.beforeNs;
  }

  /** Since when, on the monotonic clock, the wall clock is known to have run without a step. */
  steadySinceNs(pair: ClockPair): HostNs {
    const [low, high] = distance(pair);
    const [lastLow, lastHigh] = distance(this.last);
    if (high < lastLow || low > lastHigh) this.sinceNs = pair.afterNs;
    this.last = pair;
    return Number(this.sinceNs) as HostNs;
  }
}

/** The least and the greatest distance of the clocks that a pair admits. */
function distance({ beforeNs, wallNs, afterNs }: ClockPair): [bigint, bigint] {
  return [wallNs - afterNs, wallNs - beforeNs];
}

function widthNs({ beforeNs, afterNs }: ClockPair): bigint {
  return afterNs - beforeNs;
}
