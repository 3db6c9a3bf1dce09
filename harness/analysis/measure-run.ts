import { heapAtStart } from '../log/heap-regions.ts';
import type { SerialLine } from '../record/events.ts';
import type { Estimate, Lack, RunFigures } from '../record/run-figures.ts';
import type { FirmwareIdentity } from '../record/verdict.ts';
import { calmSpans, isWithin } from './calm-time.ts';
import { defined } from './defined.ts';
import type { Cadence } from './cadence.ts';
import { neighbours } from './neighbours.ts';
import type { Observation } from './observation.ts';
import { standardErrorOf } from './standard-error.ts';
import { median, quantile } from './statistics.ts';
import { studentTQuantile } from './student-t.ts';

export interface MeasuredRun {
  readonly id: string;
  readonly startedAt: string;
  readonly firmware: FirmwareIdentity;
  /** What this host is; matters where the board shares it. */
  readonly host?: string | undefined;
  /** All that the board said. */
  readonly lines: readonly SerialLine[];
  /** From reset to first datagram. */
  readonly bootMs?: number | undefined;
  /** The undisturbed observation. */
  readonly steady: Observation;
  /** Answers what it is sent: its cadence is the bench's, and its log times no round trips. */
  readonly isServer?: boolean;
}

/** Fewer samples have no figures. */
const FEWEST_SAMPLES = 30;
const QUANTILES = 20;

/** A run's figures, as others are compared with them. */
export function measureRun(run: MeasuredRun): RunFigures {
  const { id, startedAt, firmware, steady, bootMs, isServer = false } = run;
  const { sharesHost, health } = steady.evidence;
  const calm = sharesHost ? calmSpans(health, steady.window) : [steady.window];
  const isCalm = (atNs: number) => isWithin(calm, atNs);
  const reached = steady.reached.map(({ stamp }) => stamp.hostNs).sort((a, b) => a - b);
  const intervalsMs = neighbours(reached, (a, b) => (isCalm(a) && isCalm(b) ? [(b - a) / 1e6] : [])).flat();
  const roundTrips = steady.splitRoundTrips.filter(({ arrivedNs }) => isCalm(arrivedNs));
  const networkUs = roundTrips.map(({ networkUs }) => networkUs);
  const hasRoundTrips = networkUs.length >= FEWEST_SAMPLES;
  return {
    id,
    startedAt,
    version: firmware.version,
    idfVersion: firmware.idfVersion,
    ...defined({ elfSha256: firmware.elfSha256, host: sharesHost ? run.host : undefined }),
    ...(!isServer && intervalsMs.length < FEWEST_SAMPLES && { lacking: whyLacking(reached.length) }),
    figures: {
      ...(!isServer &&
        defined({
          'period.arrivals': periodOf(steady.cadence),
          'period.device': periodOf(steady.deviceCadence),
          spread: estimate(intervalsMs, spreadOf),
          lateness: estimate(intervalsMs, latenessOf),
          'round-trip': estimate(networkUs, median),
          'round-trip.tail': estimate(networkUs, (values) => quantile(values, 0.9)),
        })),
      ...defined({
        boot: exact(bootMs),
        image: exact(firmware.imageBytes),
        heap: exact(heapAtStart(run.lines)),
      }),
    },
    ...(hasRoundTrips &&
      !isServer &&
      defined({
        wholeRoundTripUs: median(roundTrips.map(({ rttUs }) => rttUs)),
        serverPartUs: sharesHost
          ? median(roundTrips.map(({ rttUs, networkUs }) => rttUs - networkUs))
          : undefined,
        roundTripQuantilesUs: quantilesOf(networkUs),
      })),
  };
}

/** Enough was seen, so it is the host that was in the way; or not even that. */
function whyLacking(sendCount: number): Lack {
  return sendCount > FEWEST_SAMPLES ? 'host-late' : 'too-short';
}

/** The floor's period, with its bound; where there is none, the mean with the error of its interval. */
function periodOf({ floorPeriod, meanInterval, sampleCount }: Cadence): Estimate | undefined {
  if (floorPeriod) {
    const { periodMs, boundPpm } = floorPeriod;
    return { value: periodMs, bound: (boundPpm * periodMs) / 1e6, sampleCount };
  }
  if (meanInterval === undefined) return undefined;
  const { low, high, confidence, batchCount } = meanInterval;
  const standardError = (high - low) / 2 / studentTQuantile((1 + confidence) / 2, batchCount - 1);
  return { value: (low + high) / 2, standardError, sampleCount };
}

/** Median absolute deviation of the intervals. */
function spreadOf(intervalsMs: readonly number[]): number | undefined {
  return median(deviations(intervalsMs));
}

/** What nineteen of twenty intervals deviate by at most. */
function latenessOf(intervalsMs: readonly number[]): number | undefined {
  return quantile(deviations(intervalsMs), 0.95);
}

function deviations(intervalsMs: readonly number[]): number[] {
  const usualMs = median(intervalsMs) ?? NaN;
  return intervalsMs.map((interval) => Math.abs(interval - usualMs));
}

function estimate(
  values: readonly number[],
  figure: (values: readonly number[]) => number | undefined,
): Estimate | undefined {
  if (values.length < FEWEST_SAMPLES) return undefined;
  const value = figure(values);
  const standardError = standardErrorOf(values, figure);
  return value === undefined || standardError === undefined
    ? undefined
    : { value, standardError, sampleCount: values.length };
}

function exact(value: number | undefined): Estimate | undefined {
  return value === undefined ? undefined : { value };
}

/** The middles of equal parts of the distribution. */
function quantilesOf(values: readonly number[]): number[] {
  return Array.from({ length: QUANTILES }, (_, part) => quantile(values, (part + 0.5) / QUANTILES) ?? NaN);
}
