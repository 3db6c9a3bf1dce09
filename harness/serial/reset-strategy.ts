import { UsageError } from '../errors.ts';
import type { ControlLines } from './lines.ts';

/**
 * How a board is reset: by the two transistors of a DevKit, through the chip's own USB port, or by sequences of its own in
 * esptool's notation.
 */
export type ResetStrategy = 'classic' | 'usb-serial-jtag' | CustomReset;

/** Sequences in esptool's notation, e.g. `D0|R1|W0.1|R0`: see {@link parseResetSequence}. */
export interface CustomReset {
  /** Into the app. esptool: `custom_hard_reset_sequence`. */
  readonly app: string;
  /** Into the ROM's loader. esptool: `custom_reset_sequence`. */
  readonly loader: string;
}

/** One step of a reset: lines to change, or a time to let pass. */
export type ResetStep = { readonly lines: Partial<ControlLines> } | { readonly waitMs: number };

/**
 * Reads a sequence in esptool's notation: steps separated by `|`. `D0`, `D1` release and assert DTR, `R0`, `R1` RTS, `U1,0` sets
 * both at once (DTR, then RTS), `W0.1` waits for so many seconds.
 *
 * @throws UsageError `RESET_SEQUENCE` when a step is none of these.
 * @see https://docs.espressif.com/projects/esptool/en/latest/esp32/esptool/configuration-file.html
 */
export function parseResetSequence(text: string): ResetStep[] {
  return text.split('|').map((step) => {
    const [, dtr] = /^D([01])$/.exec(step) ?? [];
    if (dtr !== undefined) return { lines: { dtr: dtr === '1' } };
    const [, rts] = /^R([01])$/.exec(step) ?? [];
    if (rts !== undefined) return { lines: { rts: rts === '1' } };
    const [, bothDtr, bothRts] = /^U([01]),([01])$/.exec(step) ?? [];
    if (bothDtr !== undefined) return { lines: { dtr: bothDtr === '1', rts: bothRts === '1' } };
    const [, seconds] = /^W(\d+(?:\.\d+)?)$/.exec(step) ?? [];
    if (seconds !== undefined) return { waitMs: Number(seconds) * 1000 };
    throw new UsageError('RESET_SEQUENCE', {
      what: `"${step}" is no step of a reset sequence (in "${text}")`,
      next: 'write steps such as D0, D1, R0, R1, U1,0 and W0.1, separated by |',
    });
  });
}

/** Times of the classic sequences; the others have theirs written in them. */
export interface ResetTiming {
  /** How long EN is held low. Default: {@link defaultResetHoldMs}. */
  readonly holdMs?: number;
  /** How long IO0 stays low after EN was released: a capacitor delays EN. Default: 50 ms. */
  readonly bootMs?: number;
}

/** How long esptool holds EN low: enough for the slowest board known. An emulated one needs none. */
export const defaultResetHoldMs = 100;

const defaultBootMs = 50;

/*
 * The auto-reset circuit of ESP32 boards, two transistors crosswise:
 *
 *   EN low  (reset)    = RTS asserted and DTR not
 *   IO0 low (loader)   = DTR asserted and RTS not; sampled when EN rises
 *
 * Both asserted and both released let the board run. The chips with USB-Serial-JTAG read the same two lines from USB, but
 * want to see DTR fall from "both asserted".
 */
const run = { lines: { dtr: false, rts: false } };
const reset = { lines: { dtr: false, rts: true } };
const loader = { lines: { dtr: true, rts: false } };
const both = { lines: { dtr: true, rts: true } };

/** The steps into the app. The last change of lines lets the chip go. */
export function stepsIntoApp(
  strategy: ResetStrategy,
  { holdMs = defaultResetHoldMs }: ResetTiming = {},
): readonly ResetStep[] {
  if (strategy === 'classic') return [reset, { waitMs: holdMs }, run];
  // Longer: the chip must come out of its reset before it understands its USB lines again.
  if (strategy === 'usb-serial-jtag') return [reset, { waitMs: 200 }, run];
  return parseResetSequence(strategy.app);
}

/** The steps into the ROM's loader. */
export function stepsIntoLoader(
  strategy: ResetStrategy,
  { holdMs = defaultResetHoldMs, bootMs = defaultBootMs }: ResetTiming = {},
): readonly ResetStep[] {
  if (strategy === 'classic') return [reset, { waitMs: holdMs }, loader, { waitMs: bootMs }, run];
  if (strategy === 'usb-serial-jtag') {
    return [run, { waitMs: 100 }, loader, { waitMs: 100 }, both, reset, { waitMs: 100 }, run];
  }
  return parseResetSequence(strategy.loader);
}
