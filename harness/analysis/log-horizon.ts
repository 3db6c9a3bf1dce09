import type { DeviceEvent } from '../log/device-event.ts';
import { smallest } from './statistics.ts';

/** How far a log has come that lags what it tells. */
export interface LogHorizon {
  /** When that happened which its latest line with an instant tells of, on the host's clock. */
  readonly toldNs: number;
  /** How much later that line was read than the quickest of all lines. */
  readonly lagMs: number;
}

/**
 * Lines are stamped when they are read, which on a busy host may be seconds after what they tell. How late, the device's own
 * instants say: the quickest line shows how the two clocks stand to each other.
 *
 * @param events - of one boot
 * @returns `undefined` where no line tells an instant
 */
export function logHorizon(events: readonly DeviceEvent[]): LogHorizon | undefined {
  const timed = events.filter((event) => event.kind === 'sent' || event.kind === 'ack');
  const behind = timed.map(({ hostNs, atUs }) => hostNs - atUs * 1e3);
  const quickestNs = smallest(behind);
  const latest = timed.at(-1);
  if (latest === undefined || quickestNs === undefined) return undefined;
  const toldNs = quickestNs + latest.atUs * 1e3;
  return { toldNs, lagMs: (latest.hostNs - toldNs) / 1e6 };
}
