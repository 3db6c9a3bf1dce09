import { expect, it } from 'vitest';
import type { DeviceEvent } from '../log/device-event.ts';
import type { DeviceUs, HostNs } from '../time/clock.ts';
import { logHorizon } from './log-horizon.ts';

/** A line that tells of device time `atMs`, read when the host's clock showed `readMs`. */
const sent = (atMs: number, readMs: number): DeviceEvent => ({
  kind: 'sent',
  seq: 0,
  atUs: (atMs * 1e3) as DeviceUs,
  hostNs: (readMs * 1e6) as HostNs,
});

it('is where a log has come to that is read at once', () => {
  expect(logHorizon([sent(100, 5102), sent(200, 5202)])).toEqual({ toldNs: 5202e6, lagMs: 0 });
});

it('lies back by as much as the latest line came later than the quickest', () => {
  expect(logHorizon([sent(100, 5102), sent(200, 5900), sent(300, 6802)])).toEqual({
    toldNs: 5302e6,
    lagMs: 1500,
  });
});

it('is unknown where no line tells an instant', () => {
  expect(logHorizon([])).toBeUndefined();
  expect(logHorizon([{ kind: 'message-sent', hostNs: 5e9 as HostNs }])).toBeUndefined();
});
