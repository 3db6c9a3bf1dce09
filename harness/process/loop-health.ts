import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BenchHealth, Span } from '../record/events.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';

/** Watches the event loop of the thread that makes it. */
export interface LoopHealth extends Disposable {
  /** How the loop kept time since the last look. */
  look(): BenchHealth;
}

/** The loop is asked this often whether it is on time. */
const resolutionMs = 10;

/** Held up by less, a thread is as punctual as threads are. */
const stallMs = 3;
/** A second holds no more of them than this. */
const keptStalls = 100;

export function watchLoop(thread: BenchHealth['thread']): LoopHealth {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // The histogram holds whole intervals: what goes beyond the interval asked for is the delay.
  const delayMs = (intervalNs: number): number =>
    Math.max(0, Math.round(intervalNs / 1e3) / 1e3 - resolutionMs);
  let stalls: Span[] = [];
  let dueNs = hostNow();
  let timer = ask();
  /** Asks again in a while, and notes when that comes late: from when on, and until when, nothing ran here. */
  function ask(): NodeJS.Timeout {
    dueNs = (hostNow() + resolutionMs * 1e6) as HostNs;
    return setTimeout(() => {
      const nowNs = hostNow();
      if (elapsedMs(dueNs, nowNs) >= stallMs && stalls.length < keptStalls) {
        stalls.push({ fromNs: dueNs, toNs: nowNs });
      }
      timer = ask();
    }, resolutionMs).unref();
  }
  return {
    look() {
      const health: BenchHealth = {
        kind: 'bench-health',
        hostNs: hostNow(),
        thread,
        loopDelayMaxMs: delayMs(delay.max),
        loopDelayP99Ms: delayMs(delay.percentile(99)),
        loopDelayP50Ms: delayMs(delay.percentile(50)),
        load1: loadavg()[0] ?? 0,
        cores: availableParallelism(),
        ...(stalls.length > 0 && { stalls }),
      };
      delay.reset();
      stalls = [];
      return health;
    },
    [Symbol.dispose]: () => {
      delay.disable();
      clearTimeout(timer);
    },
  };
}
