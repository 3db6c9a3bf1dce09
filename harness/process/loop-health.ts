import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BenchHealth } from '../record/events.ts';
import { hostNow } from '../time/clock.ts';

/** Watches the event loop of the thread that makes it. */
export interface LoopHealth extends Disposable {
  /** How the loop kept time since the last look. */
  look(): BenchHealth;
}

/** The loop is asked this often whether it is on time. */
const resolutionMs = 10;

export function watchLoop(thread: BenchHealth['thread']): LoopHealth {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // The histogram holds whole intervals: what goes beyond the interval asked for is the delay.
  const delayMs = (intervalNs: number): number =>
    Math.max(0, Math.round(intervalNs / 1e3) / 1e3 - resolutionMs);
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
      };
      delay.reset();
      return health;
    },
    [Symbol.dispose]: () => void delay.disable(),
  };
}
