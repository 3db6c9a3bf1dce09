import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../record/events.ts';

/** A datagram of our own on its way to a server. Disposing of it gives its port back. */
export interface Probe extends AsyncDisposable {
  /** Where it comes from. */
  readonly from: Endpoint;
}

/** What it carries; nobody can take it for a board's. */
const payload = 'hil probe';

/** On the loopback, boards come from addresses of their own: none from this one. */
const loopbackSource = '127.86.85.84';

/** Sends one datagram to `at`, from this host. */
export async function sendProbe(at: Endpoint): Promise<Probe> {
  const socket = createSocket('udp4');
  // A refusal that comes back by ICMP is an answer like silence.
  socket.on('error', () => undefined);
  socket.bind(0, at.address.startsWith('127.') ? loopbackSource : undefined);
  await once(socket, 'listening');
  const { address, port } = socket.address();
  await new Promise<void>((resolve) => socket.send(payload, at.port, at.address, () => resolve()));
  return {
    from: { address, port },
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
