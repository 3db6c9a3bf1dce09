import type { DeviceUs, HostNs } from '../time/clock.ts';
import { floorLine, lowerHull, upperHull, type Line, type Point } from './lower-hull.ts';

/** One event that both clocks stamped: something left on one side and came to the other. */
export interface ClockPair {
  readonly deviceUs: DeviceUs;
  readonly hostNs: HostNs;
}

/** How to read the device's clock on the host's. */
export interface ClockAlignment {
  /** One and the same instant on both clocks; the line through it has the slope 1 + `skewPpm` · 10⁻⁶. */
  readonly deviceUs: DeviceUs;
  readonly hostNs: HostNs;
  /** Host seconds per device second, less 1, in ppm: above 0, the device's clock is slow. */
  readonly skewPpm: number;
  /**
   * How far `skewPpm` can be off, and how far an instant between the first and the last pair, read by `toHostNs`. Absent
   * when the device logged no ack: nothing then bounds how long datagrams took.
   */
  readonly skewBoundPpm?: number;
  readonly boundUs?: number;
}

/** Reads an instant of the device's clock on the host's. */
export function toHostNs(alignment: ClockAlignment, deviceUs: DeviceUs): HostNs {
  const sinceUs = deviceUs - alignment.deviceUs;
  return (alignment.hostNs + sinceUs * (1e3 + alignment.skewPpm / 1e3)) as HostNs;
}

/**
 * Stamps can be off by more than they say, e.g. when a thread loses its core between stamping an ack and sending
 * it. Where no line fits, it may miss by this much, and the bound grows by as much.
 */
const SLACKS_US = [0, 20, 100, 500, 2_000, 10_000];

/**
 * Finds offset and skew between the two clocks from the traffic itself. No datagram arrives before it is sent: the
 * line that reads the device's clock on the host's runs below all arrivals of what the device sent, and above all
 * departures of what the device received. The middle of all such lines is the answer, the outermost ones its bound.
 *
 * @param uplink - device's stamp of a send, host's stamp of its arrival
 * @param downlink - host's stamp of an ack's departure, device's stamp of its arrival
 * @param stampBoundUs - how far the host's stamps of arrivals can be off
 * @returns `undefined` when there is no line: less than two pairs, or a clock that was set while it was watched
 */
export function alignClocks(
  uplink: readonly ClockPair[],
  downlink: readonly ClockPair[],
  stampBoundUs: number,
): ClockAlignment | undefined {
  const origin = uplink[0];
  if (origin === undefined) return undefined;
  const above = pointsOf(uplink, origin);
  const below = pointsOf(downlink, origin);
  if (below.length === 0) {
    const line = floorLine(above);
    return line && alignmentOf(line, origin, above[0]?.x ?? 0);
  }
  const ceiling = lowerHull(above);
  const floor = upperHull(below);
  for (const slackUs of SLACKS_US) {
    const raised = ceiling.map(({ x, y }) => ({ x, y: y + slackUs }));
    const slopes = slopesBetween(raised, floor);
    if (slopes === undefined) continue;
    const slope = (slopes.least + slopes.most) / 2;
    const line = { slope, intercept: (interceptBelow(raised, slope) + interceptAbove(floor, slope)) / 2 };
    const middle = ((above[0]?.x ?? 0) + (above.at(-1)?.x ?? 0)) / 2;
    return {
      ...alignmentOf(line, origin, middle),
      skewBoundPpm: ((slopes.most - slopes.least) / 2) * 1e6,
      boundUs: farthestWithin(line, raised, floor, slopes) + stampBoundUs,
    };
  }
  return undefined;
}

/** Device time since the origin against what the host's clock gained on it, both in µs; one point per instant. */
function pointsOf(pairs: readonly ClockPair[], origin: ClockPair): Point[] {
  return pairs
    .map(({ deviceUs, hostNs }) => {
      const x = deviceUs - origin.deviceUs;
      return { x, y: (hostNs - origin.hostNs) / 1e3 - x };
    })
    .sort((a, b) => a.x - b.x);
}

function alignmentOf({ slope, intercept }: Line, origin: ClockPair, x: number): ClockAlignment {
  const gainedUs = intercept + slope * x;
  return {
    deviceUs: (origin.deviceUs + x) as DeviceUs,
    hostNs: (origin.hostNs + (x + gainedUs) * 1e3) as HostNs,
    skewPpm: slope * 1e6,
  };
}

interface Slopes {
  readonly least: number;
  readonly most: number;
}

/** The slopes of all lines between the two hulls. Each pair of corners excludes some. */
function slopesBetween(ceiling: readonly Point[], floor: readonly Point[]): Slopes | undefined {
  let least = -Infinity;
  let most = Infinity;
  for (const high of ceiling) {
    for (const low of floor) {
      const slope = (high.y - low.y) / (high.x - low.x);
      if (high.x > low.x) most = Math.min(most, slope);
      else if (high.x < low.x) least = Math.max(least, slope);
      else if (high.y < low.y) return undefined;
    }
  }
  return Number.isFinite(least) && Number.isFinite(most) && least <= most ? { least, most } : undefined;
}

function interceptBelow(ceiling: readonly Point[], slope: number): number {
  return Math.min(...ceiling.map(({ x, y }) => y - slope * x));
}

function interceptAbove(floor: readonly Point[], slope: number): number {
  return Math.max(...floor.map(({ x, y }) => y - slope * x));
}

/** How far any line between the hulls can be from this one, at the ends of what was observed. */
function farthestWithin(
  line: Line,
  ceiling: readonly Point[],
  floor: readonly Point[],
  slopes: Slopes,
): number {
  const ends = [ceiling[0]?.x ?? 0, ceiling.at(-1)?.x ?? 0];
  // Lines that turn about a corner are outermost when they lie along an edge.
  const turning = [slopes.least, slopes.most, ...edgesOf(ceiling), ...edgesOf(floor)].filter(
    (slope) => slope >= slopes.least && slope <= slopes.most,
  );
  const distances = ends.flatMap((x) => {
    const y = line.intercept + line.slope * x;
    return turning.flatMap((slope) => [
      interceptBelow(ceiling, slope) + slope * x - y,
      y - interceptAbove(floor, slope) - slope * x,
    ]);
  });
  return Math.max(...distances);
}

function edgesOf(hull: readonly Point[]): number[] {
  return hull.slice(1).map((b, i) => {
    const a = hull[i] ?? b;
    return (b.y - a.y) / (b.x - a.x);
  });
}
