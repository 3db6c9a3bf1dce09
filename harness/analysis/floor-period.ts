import { floorLine } from './lower-hull.ts';
import type { SlottedSend } from './send-slots.ts';
import { largest, median, quantile } from './statistics.ts';

/** The period as the sender's clock makes it, by the line that all arrivals lie above (see `floorLine`). */
export interface FloorPeriod {
  readonly periodMs: number;
  /** Against nominal: (period / nominal − 1) · 10⁶. */
  readonly errorPpm: number;
  /** How far `periodMs` and `errorPpm` can be off, in ppm: what the delays would allow. */
  readonly boundPpm: number;
  /** How much later than the line sends arrived (RFC 5481, PDV): median, 99th percentile, largest. */
  readonly delayVariationMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** Fewer sends have no floor to speak of. */
const FEWEST_SENDS = 20;

/**
 * Estimates the sender's period from the sends that were delayed least.
 *
 * @param stampBoundUs - how far instants can be from the truth
 * @returns `undefined` for less than 20 sends
 */
export function estimateFloorPeriod(
  sends: readonly SlottedSend[],
  nominalMs: number,
  stampBoundUs: number,
): FloorPeriod | undefined {
  const points = sends.map(({ slot, atMs }) => ({ x: slot, y: atMs }));
  const line = floorLine(points);
  if (line === undefined || points.length < FEWEST_SENDS) return undefined;
  const delays = points.map(({ x, y }) => y - (line.intercept + line.slope * x));
  const [a, b] = line.restsOn;
  // Both ends rest on the least delayed sends of their half, which differ by less than the usual delay; and where the
  // least delay changes with the host's load, the halves by themselves have another slope.
  const restsWithinMs = (median(delays) ?? 0) + stampBoundUs / 1e3;
  const half = Math.floor(points.length / 2);
  const halfSlopes = [floorLine(points.slice(0, half))?.slope, floorLine(points.slice(half))?.slope];
  const disagreements = halfSlopes.map((slope) => Math.abs((slope ?? line.slope) - line.slope));
  const slopeBoundMs = Math.max(restsWithinMs / (b.x - a.x), ...disagreements);
  return {
    periodMs: line.slope,
    errorPpm: (line.slope / nominalMs - 1) * 1e6,
    boundPpm: (slopeBoundMs / nominalMs) * 1e6,
    delayVariationMs: {
      p50: quantile(delays, 0.5) ?? 0,
      p99: quantile(delays, 0.99) ?? 0,
      max: largest(delays) ?? 0,
    },
  };
}
