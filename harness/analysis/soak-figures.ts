/** Figures of a soak: what only shows when one looks for long. */
import type { SoakEvidence, SoakSlice } from '../record/soak.ts';
import type { Measurement } from './measurement.ts';
import { certainChange, findTrend, type Trend } from './trend.ts';

/** So many slices are shown as evidence: the first one, the last one, and some between. */
const SHOWN_SLICES = 8;

/** How far the period has certainly drifted from begin to end, in ppm of the promised one. */
export function periodDriftPpm(soak: SoakEvidence): Measurement {
  return drift(soak, {
    what: 'the period',
    unit: 'ppm',
    digits: 1,
    of: ({ periodMs }) => periodMs && (periodMs / soak.nominalPeriodMs - 1) * 1e6,
  });
}

/** How much longer the median round trip has certainly become, in µs. */
export function rttGrowthUs(soak: SoakEvidence): Measurement {
  return drift(soak, { what: 'the median round trip', unit: 'µs', digits: 0, of: (it) => it.rttMedianUs });
}

/** How much free heap the device has certainly lost, in bytes; less than 0 when it has gained some. */
export function heapLossBytes(soak: SoakEvidence): Measurement {
  const { figure, ...rest } = drift(soak, {
    what: 'the free heap',
    unit: 'B',
    digits: 0,
    of: ({ heapFreeBytes }) => heapFreeBytes,
  });
  return { ...rest, figure: typeof figure === 'number' ? 0 - figure : undefined };
}

/** Share of periods without their datagram, or whose ack the device did not log. */
export function lossShare({ slices }: SoakEvidence): Measurement {
  const total = (of: (slice: SoakSlice) => number) => slices.reduce((sum, slice) => sum + of(slice), 0);
  const periods = total(({ periodCount }) => periodCount);
  const missing = total(({ missingCount }) => missingCount);
  const unacked = total(({ unackedCount }) => unackedCount);
  if (periods === 0) return { figure: undefined, finding: 'no slice of the soak was over' };
  const worst = slices
    .filter(({ missingCount, unackedCount }) => missingCount + unackedCount > 0)
    .sort((a, b) => b.missingCount + b.unackedCount - a.missingCount - a.unackedCount);
  return {
    figure: (missing + unacked) / periods,
    sampleCount: periods,
    finding: `in ${periods} periods ${missing} had no datagram, and ${unacked} acks are not in the device's log`,
    evidence: worst
      .slice(0, SHOWN_SLICES)
      .map((it) => `${since(slices, it)}: ${it.missingCount} missing, ${it.unackedCount} without their ack`),
    momentsNs: worst.slice(0, SHOWN_SLICES).map(({ fromNs }) => fromNs),
    hostError: total(({ excusedCount }) => excusedCount) / periods,
  };
}

interface Quantity {
  readonly what: string;
  readonly unit: string;
  readonly digits: number;
  /** `undefined`: not known of that slice. */
  readonly of: (slice: SoakSlice) => number | undefined;
}

function drift({ slices, confidence }: SoakEvidence, { what, unit, digits, of }: Quantity): Measurement {
  const known = slices.flatMap((slice) => {
    const y = of(slice);
    return y === undefined ? [] : [{ slice, x: (slice.fromNs + slice.toNs) / 2e9, y }];
  });
  const trend = findTrend(known, confidence);
  const [first] = known;
  const last = known.at(-1);
  if (trend === undefined || first === undefined || last === undefined) {
    return {
      figure: undefined,
      finding: `${known.length} slices of the soak tell of ${what}: too few for a trend`,
    };
  }
  const spanS = last.x - first.x;
  const change = certainChange(trend, spanS);
  const shown = known.filter(
    (_, at) => at % Math.ceil(known.length / SHOWN_SLICES) === 0 || at === known.length - 1,
  );
  return {
    figure: Number(change.toFixed(digits)),
    sampleCount: known.length,
    finding: describe(what, unit, digits, trend, spanS),
    evidence: shown.map(({ slice, y }) => `${since(slices, slice)}: ${y.toFixed(digits)} ${unit}`),
  };
}

function describe(
  what: string,
  unit: string,
  digits: number,
  { slope, low, high }: Trend,
  spanS: number,
): string {
  const over = (perSecond: number) => (perSecond * spanS).toFixed(digits);
  const grows = slope >= 0 ? 'grows' : 'shrinks';
  return `over ${Math.round(spanS)} s ${what} ${grows} by ${over(Math.abs(slope))} ${unit} (change between ${over(low)} and ${over(high)} ${unit})`;
}

/** When a slice began, from the soak's begin: `+0:04:30`. */
function since([first]: readonly SoakSlice[], { fromNs }: SoakSlice): string {
  const seconds = Math.round((fromNs - (first?.fromNs ?? fromNs)) / 1e9);
  const two = (value: number) => String(value).padStart(2, '0');
  return `+${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
