import { performance } from 'node:perf_hooks';
import type { HostNs } from '../time/clock.ts';

/** Node.js can't have emptied the receive queue in a sleep shorter than this: the poll returned at once. */
const shortestSleepMs = 0.05;

/**
 * How long can a datagram have waited for us?
 *
 * Before the event loop sleeps it has read all there was, so what we read now arrived in that sleep (and woke us) or
 * while we were busy since. The loop counts the time that it slept; the rest is the time that it was busy.
 */
export class LoopTurn {
  private lastNs: HostNs;
  private lastIdleMs: number;
  private beganNs: HostNs;

  constructor(nowNs: HostNs) {
    this.lastNs = nowNs;
    this.beganNs = nowNs;
    this.lastIdleMs = performance.nodeTiming.idleTime;
  }

  /**
   * To be called for each datagram, with the time when its handler was entered.
   *
   * @returns since when at most the loop was busy. What arrived earlier woke it.
   */
  begin(nowNs: HostNs): HostNs {
    const idleMs = performance.nodeTiming.idleTime;
    const sleptMs = idleMs - this.lastIdleMs;
    if (sleptMs > shortestSleepMs) this.beganNs = (this.lastNs + sleptMs * 1e6) as HostNs;
    this.lastNs = nowNs;
    this.lastIdleMs = idleMs;
    return this.beganNs;
  }
}
