import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostNow, type HostNs } from '../time/clock.ts';

/** The server that one writes first: dgram in the thread that does everything else, arrivals stamped by its handler. */
export async function startPlainServer(
  port: number,
  onArrival: (payload: string, hostNs: HostNs) => void = () => undefined,
): Promise<AsyncDisposable> {
  const socket = createSocket('udp4');
  socket.on('message', (payload, from) => {
    const hostNs = hostNow();
    socket.send('Ok!', from.port, from.address);
    onArrival(payload.toString(), hostNs);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
