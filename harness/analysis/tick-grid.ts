import { median } from './statistics.ts';

/** A period, or part of its intervals, sits on another tick than it should. */
export interface TickError {
  readonly tickMs: number;
  /** Ticks of the intervals that are off. */
  readonly ticks: number;
  readonly intendedTicks: number;
  /** Share of the intervals that have this length, 0 to 1; 1 when the period itself is off. */
  readonly share: number;
  /** "period is 110.0 ms: 11 ticks of 100 Hz, 1 more than intended" */
  readonly description: string;
}

/** CONFIG_FREERTOS_HZ of ESP-IDF's default (`components/freertos/Kconfig`). */
const TICK_RATE_HZ = 100;
/** A period this near to a whole number of ticks is made of ticks; a clock is good to 0.01 %. */
const PERIOD_TOLERANCE = 0.001;
/** An interval this near to a whole number of ticks is counted as one. */
const INTERVAL_TOLERANCE_MS = 2;
/** At least so many intervals off, and this share of them on a tick (chance would give 40 %). */
const LEAST_OFF = 5;
const LEAST_ON_TICK = 0.8;

/**
 * Recognises a period that is wrong by whole ticks, and intervals that a tick now and then is added to or lost from.
 *
 * @param intervalsMs - intervals between successive sends, without gaps
 * @param periodMs - their mean
 * @returns `undefined` when ticks don't explain what is off, or nothing is
 */
export function recogniseTickError(
  intervalsMs: readonly number[],
  periodMs: number,
  nominalMs: number,
): TickError | undefined {
  const tickMs = 1000 / TICK_RATE_HZ;
  const intendedTicks = Math.round(nominalMs / tickMs);
  return (
    wrongPeriod(periodMs, { tickMs, intendedTicks }) ?? strayIntervals(intervalsMs, { tickMs, intendedTicks })
  );
}

interface Grid {
  readonly tickMs: number;
  readonly intendedTicks: number;
}

function wrongPeriod(periodMs: number, { tickMs, intendedTicks }: Grid): TickError | undefined {
  const ticks = Math.round(periodMs / tickMs);
  const offMs = Math.abs(periodMs - ticks * tickMs);
  if (ticks === intendedTicks || offMs > PERIOD_TOLERANCE * periodMs) return undefined;
  const description = `period is ${periodMs.toFixed(1)} ms: ${describe(ticks, intendedTicks)}`;
  return { tickMs, ticks, intendedTicks, share: 1, description };
}

function strayIntervals(
  intervalsMs: readonly number[],
  { tickMs, intendedTicks }: Grid,
): TickError | undefined {
  const off = intervalsMs.filter((interval) => Math.abs(interval - intendedTicks * tickMs) > tickMs / 2);
  const onTick = off.filter(
    (interval) => Math.abs(interval - Math.round(interval / tickMs) * tickMs) < INTERVAL_TOLERANCE_MS,
  );
  if (off.length < LEAST_OFF || onTick.length < LEAST_ON_TICK * off.length) return undefined;
  const ticks = Math.round((median(onTick) ?? 0) / tickMs);
  // A late send and the one after it look like one tick more and one less: a wash, not a wrong period.
  const longer = off.filter((interval) => interval > intendedTicks * tickMs).length;
  if (Math.abs(2 * longer - off.length) < off.length / 2 || ticks === intendedTicks) return undefined;
  const alike = onTick.filter((interval) => Math.round(interval / tickMs) === ticks);
  const share = alike.length / intervalsMs.length;
  const percent = (100 * share).toFixed(0);
  const description = `${percent} % of the intervals are ${(ticks * tickMs).toFixed(0)} ms: ${describe(ticks, intendedTicks)}`;
  return { tickMs, ticks, intendedTicks, share, description };
}

function describe(ticks: number, intendedTicks: number): string {
  const difference = ticks - intendedTicks;
  const words = `${Math.abs(difference)} ${difference > 0 ? 'more' : 'fewer'} than intended`;
  return `${ticks} tick${ticks === 1 ? '' : 's'} of ${TICK_RATE_HZ} Hz, ${words}`;
}
