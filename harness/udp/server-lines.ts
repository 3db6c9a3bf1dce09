import type { Datagram } from '../record/events.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import type { AckServerEvent } from './ack-server.ts';
import { printable } from '../printable.ts';

/** The lines that the seed's server prints, word for word. */
export class ServerLines {
  private readonly stamps: boolean;
  private lastArrivalNs: HostNs | undefined;

  /** With `stamps`, a datagram's line ends with its time of arrival, the interval since the last and the stamp's quality. */
  constructor({ stamps }: { readonly stamps: boolean }) {
    this.stamps = stamps;
  }

  /** The line for an event; `undefined` for those that the seed's server doesn't know. */
  format(event: AckServerEvent): string | undefined {
    switch (event.kind) {
      case 'server-state':
        return event.state === 'listening'
          ? `UDP Server listening on ${event.at.address}:${event.at.port}`
          : undefined;
      case 'datagram': {
        const message = printable(Buffer.from(event.payloadHex, 'hex'));
        const line = `${event.from.address}:${event.from.port} - ${message}`;
        return this.stamps ? `${line}  [${this.describeArrival(event)}]` : line;
      }
      case 'impairment':
        return undefined;
      case 'ack':
        return { sent: 'Sent: Ok!', failed: 'MEH!', withheld: undefined }[event.outcome];
      case 'probe':
        return undefined;
    }
  }

  private describeArrival({ stamp }: Datagram): string {
    const intervalMs = this.lastArrivalNs && elapsedMs(this.lastArrivalNs, stamp.hostNs);
    this.lastArrivalNs = stamp.hostNs;
    const interval = intervalMs === undefined ? 'first' : `+${intervalMs.toFixed(3)} ms`;
    return `${wallTime(stamp.hostNs)} ${interval}, ${stamp.source} ±${stamp.boundUs.toFixed(1)} us`;
  }
}

/** Wall time is a label only, so a millisecond will do. */
function wallTime(at: HostNs): string {
  return new Date(Date.now() - elapsedMs(at, hostNow())).toISOString();
}
