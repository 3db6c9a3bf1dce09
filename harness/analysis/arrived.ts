import type { Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';

/** When the server got a datagram: as it arrived, unless the bench's own impairment of the network held it up. */
export function arrivedNs({ stamp, deliveredNs }: Pick<Datagram, 'stamp' | 'deliveredNs'>): HostNs {
  return deliveredNs ?? stamp.hostNs;
}
