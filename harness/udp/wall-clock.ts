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

/** Reading a clock rounds: looks that contradict each other by less tell of no step. */
const roundingNs = 50n;

/**
 * Notices that the wall clock was set (or the host slept), from the distance of the two clocks: until then it is constant, so
 * that all looks together tell it better than any one of them.
 */
export class WallClockSteps {
  /** The least and the greatest distance that all looks since the last step admit. */
  private least: bigint;
  private greatest: bigint;
  private sinceNs: bigint;

  constructor(pair: ClockPair) {
    [this.least, this.greatest] = distance(pair);
    this.sinceNs = pair.beforeNs;
  }

  /** Since when, on the monotonic clock, the wall clock is known to have run without a step. */
  steadySinceNs(pair: ClockPair): HostNs {
    const [low, high] = distance(pair);
    if (high + roundingNs < this.least || low > this.greatest + roundingNs) {
      this.sinceNs = pair.afterNs;
      [this.least, this.greatest] = [low, high];
    } else if (high >= this.least && low <= this.greatest) {
      if (low > this.least) this.least = low;
      if (high < this.greatest) this.greatest = high;
    }
    return Number(this.sinceNs) as HostNs;
  }

  /** A look that was the last one given to `steadySinceNs`, as exact as all looks together make it. */
  sharpen({ wallNs }: ClockPair): ClockPair {
    return { beforeNs: wallNs - this.greatest, wallNs, afterNs: wallNs - this.least };
  }
}

/** The least and the greatest distance of the clocks that a pair admits. */
function distance({ beforeNs, wallNs, afterNs }: ClockPair): [bigint, bigint] {
  return [wallNs - afterNs, wallNs - beforeNs];
}

function widthNs({ beforeNs, afterNs }: ClockPair): bigint {
  return afterNs - beforeNs;
}
