import type { DeviceEvent } from '../log/device-event.ts';

/**
 * What the device itself logged as having failed, the most frequent first: `; the device logged "Unable to create socket:
 * errno 23" 8 times`. Empty when it complained of nothing.
 */
export function describeComplaints(events: readonly DeviceEvent[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    const complaint = complaintOf(event);
    if (complaint !== undefined) counts.set(complaint, (counts.get(complaint) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (most === undefined) return '';
  const [complaint, count] = most;
  return `; the device logged "${complaint}" ${count === 1 ? 'once' : `${count} times`}`;
}

/** Its line, as the firmware writes it (`firmware/main/udp_client_events.h`). */
function complaintOf(event: DeviceEvent): string | undefined {
  if (event.kind === 'socket-create-failed') return `Unable to create socket: errno ${event.errno}`;
  if (event.kind === 'send-failed') return `Error occured during sending: errno ${event.errno}`;
  if (event.kind !== 'receive-failed') return undefined;
  const { errno, errnoName } = event;
  return `receive_failed errno=${errno}${errnoName === undefined ? '' : ` name=${errnoName}`}`;
}
