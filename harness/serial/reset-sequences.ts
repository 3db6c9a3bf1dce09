import { setTimeout as delay } from 'node:timers/promises';
import type { SerialPortStream } from '@serialport/stream';
import { hostNow, type HostNs } from '../time/clock.ts';
import { setLines } from './lines.ts';

/*
 * The auto-reset circuit of ESP32 boards, two transistors crosswise:
 *
 *   EN low  (reset)    = RTS asserted and DTR not
 *   IO0 low (loader)   = DTR asserted and RTS not; sampled when EN rises
 *
 * Both asserted and both released let the board run.
 */
const run = { dtr: false, rts: false };
const reset = { dtr: false, rts: true };
const loader = { dtr: true, rts: false };

/** Times of a sequence; the defaults are esptool's, made for the slowest board known. */
export interface ResetTiming {
  /** How long EN is held low. */
  readonly holdMs?: number;
  /** How long IO0 stays low after EN was released: a capacitor delays EN. */
  readonly bootMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const defaults = { holdMs: 100, bootMs: 50 };

/**
 * Resets the board into what its flash holds.
 *
 * @param beforeRelease called while the board is held in reset and can't say anything.
 * @returns the instant right before EN was released: nothing that the board says since its reset is older.
 * @throws BenchError `PORT_NO_LINES`.
 */
export async function resetIntoApp(
  port: SerialPortStream,
  timing: ResetTiming = {},
  beforeRelease?: () => void,
): Promise<HostNs> {
  await hold(port, timing);
  beforeRelease?.();
  const releasedAtNs = hostNow();
  await setLines(port, run);
  return releasedAtNs;
}

/**
 * Resets the board into the loader of its ROM.
 *
 * @returns the instant right before EN was released.
 * @throws BenchError `PORT_NO_LINES`.
 */
export async function resetIntoLoader(port: SerialPortStream, timing: ResetTiming = {}): Promise<HostNs> {
  await hold(port, timing);
  const releasedAtNs = hostNow();
  await setLines(port, loader);
  await delay(timing.bootMs ?? defaults.bootMs, undefined, { signal: timing.signal });
  await setLines(port, run);
  return releasedAtNs;
}

async function hold(
  port: SerialPortStream,
  { holdMs = defaults.holdMs, signal }: ResetTiming,
): Promise<void> {
  await setLines(port, reset);
  try {
    await delay(holdMs, undefined, { signal });
  } catch (error) {
    await setLines(port, run);
    throw error;
  }
}
