import { setTimeout as delay } from 'node:timers/promises';
import type { SerialPortStream } from '@serialport/stream';
import { hostNow, type HostNs } from '../time/clock.ts';
import { setLines, type ControlLines } from './lines.ts';
import {
  stepsIntoApp,
  stepsIntoLoader,
  type ResetStep,
  type ResetStrategy,
  type ResetTiming,
} from './reset-strategy.ts';

export interface ResetOptions extends ResetTiming {
  /** Default: classic. */
  readonly strategy?: ResetStrategy;
  readonly signal?: AbortSignal | undefined;
}

/** Both released: a board runs, and so openPort leaves it. */
const released: ControlLines = { dtr: false, rts: false };

/**
 * Resets the board into what its flash holds.
 *
 * @param beforeRelease called while the board is held in reset and can't say anything.
 * @returns the instant right before EN was released: nothing that the board says since its reset is older.
 * @throws BenchError `PORT_NO_LINES`.
 */
export async function resetIntoApp(
  port: SerialPortStream,
  options: ResetOptions = {},
  beforeRelease?: () => void,
): Promise<HostNs> {
  const { strategy = 'classic', signal } = options;
  return perform(port, stepsIntoApp(strategy, options), signal, beforeRelease);
}

/**
 * Resets the board into the loader of its ROM.
 *
 * @throws BenchError `PORT_NO_LINES`.
 */
export async function resetIntoLoader(port: SerialPortStream, options: ResetOptions = {}): Promise<void> {
  const { strategy = 'classic', signal } = options;
  await perform(port, stepsIntoLoader(strategy, options), signal);
}

/** @returns the instant right before the lines were changed for the last time. */
async function perform(
  port: SerialPortStream,
  steps: readonly ResetStep[],
  signal: AbortSignal | undefined,
  beforeRelease?: () => void,
): Promise<HostNs> {
  const release = steps.findLast((step) => 'lines' in step);
  let lines = released;
  let releasedAtNs = hostNow();
  try {
    for (const step of steps) {
      if (step === release) {
        beforeRelease?.();
        releasedAtNs = hostNow();
      }
      if ('lines' in step) {
        lines = { ...lines, ...step.lines };
        await setLines(port, lines);
      } else {
        await delay(step.waitMs, undefined, { signal });
      }
    }
  } catch (error) {
    // Cancelled: the board must not stay in reset. Should that fail, the first error is the one to tell.
    await setLines(port, released).catch(() => undefined);
    throw error;
  }
  return releasedAtNs;
}
