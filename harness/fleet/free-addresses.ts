import { createHash } from 'node:crypto';
import { BenchError } from '../errors.ts';
import type { Endpoint } from '../record/events.ts';
import { readUdpSockets } from '../udp/udp-sockets.ts';

/** All loopback addresses of 127.0.8.0/24 but the first and the last. */
const addressCount = 254;
/** Not the default: a server that listens on all addresses (a real board's) has that. */
const port = 3340;

/**
 * Server addresses for `count` runs at once: each on a loopback address of its own, so that the boards don't meet. Where to
 * begin depends on the checkout, so that two checkouts of one host don't meet either.
 *
 * @throws BenchError NO_FREE_ADDRESS
 */
export function findFreeAddresses(count: number, root: string): Endpoint[] {
  const taken = new Set(
    readUdpSockets()
      .filter((socket) => socket.port === port)
      .map(({ address }) => address),
  );
  const first = createHash('sha256').update(root).digest().readUInt16BE(0);
  const free = Array.from({ length: addressCount }, (_, at) => `127.0.8.${((first + at) % addressCount) + 1}`)
    .filter((address) => !taken.has(address))
    .slice(0, count);
  if (free.length < count || taken.has('0.0.0.0')) {
    throw new BenchError('NO_FREE_ADDRESS', {
      what: `UDP port ${port} is free on too few of the addresses 127.0.8.1 to 127.0.8.${addressCount}`,
      next: 'stop what listens there: `ss -ulpn` lists it',
    });
  }
  return free.map((address) => ({ address, port }));
}
