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

/** How long esptool holds EN low: enough for the slowest board known. An emulated one needs none. */
export const defaultResetHoldMs = 100;

/** How long IO0 stays low after that, unless told otherwise. */
const defaultBootMs = 50;

/** Times of a sequence. */
export interface ResetTiming {
  /** How long EN is held low. Default: {@link defaultResetHoldMs}. */
  readonly holdMs?: number;
  /** How long IO0 stays low after EN was released: a capacitor delays EN. Default: 50 ms. */
  readonly bootMs?: number;
  readonly signal?: AbortSignal | undefined;
}

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
  await delay(timing.bootMs ?? defaultBootMs, undefined, { signal: timing.signal });
  await setLines(port, run);
  return releasedAtNs;
}

async function hold(
  port: SerialPortStream,
  { holdMs = defaultResetHoldMs, signal }: ResetTiming,
): Promise<void> {
  await setLines(port, reset);
  try {
    await delay(holdMs, undefined, { signal });
  } catch (error) {
    // Cancelled: the board must not stay in reset. Should that fail, the first error is the one to tell.
    await setLines(port, run).catch(() => undefined);
    throw error;
  }
}
