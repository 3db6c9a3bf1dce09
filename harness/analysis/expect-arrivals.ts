import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { HostNs } from '../time/clock.ts';
import { floorLine } from './lower-hull.ts';
import { median } from './statistics.ts';

export interface ExpectInput {
  readonly sends: readonly Sent[];
  readonly deviceAcks: readonly DeviceAck[];
  /** Host's clock, ascending. */
  readonly arrivalsMs: readonly number[];
  readonly periodMs: number;
  /** Reads the host's clock in the milliseconds that `arrivalsMs` is in. */
  readonly sinceMs: (hostNs: HostNs) => number;
}

/**
 * When what the device did would be seen by the host, before the clocks are aligned. A line is read after what it tells
 * of, never before, and by how much is found from the arrivals: each is the latest one when its line is read.
 */
export function expectArrivals(input: ExpectInput): (event: Sent | DeviceAck) => number {
  const { sends, deviceAcks, arrivalsMs, periodMs, sinceMs } = input;
  const originUs = sends[0]?.atUs ?? deviceAcks[0]?.atUs ?? 0;
  const points = [...sends, ...deviceAcks]
    .map(({ atUs, hostNs }) => ({ x: (atUs - originUs) / 1e3, y: sinceMs(hostNs) }))
    .sort((a, b) => a.x - b.x);
  // One line alone tells the offset; that the clocks run alike is near enough for it.
  const line = floorLine(points) ?? { slope: 1, intercept: (points[0]?.y ?? 0) - (points[0]?.x ?? 0) };
  const readMs = ({ atUs }: Sent | DeviceAck) => line.intercept + (line.slope * (atUs - originUs)) / 1e3;
  let next = 0;
  const leads = sends.flatMap((sent) => {
    // A quarter of a period more, for arrivals that are later than their line.
    while ((arrivalsMs[next] ?? Infinity) <= readMs(sent) + periodMs / 4) next += 1;
    const arrivedMs = arrivalsMs[next - 1];
    return arrivedMs === undefined ? [] : [readMs(sent) - arrivedMs];
  });
  const leadMs = median(leads) ?? 0;
  return (event) => readMs(event) - leadMs;
}
