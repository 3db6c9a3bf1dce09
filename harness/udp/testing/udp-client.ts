import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Endpoint } from '../../record/events.ts';
import { hostNow, type HostNs } from '../../time/clock.ts';
import { withDeadline } from '../../time/deadline.ts';

/** A plain UDP client on this host, for tests. */
export interface UdpClient extends Disposable {
  readonly address: Endpoint;
  /** Every answer so far, in the order in which they came. */
  readonly answers: readonly Buffer[];
  /** Sends; a loopback datagram has arrived when this returns. Both instants enclose its arrival. */
  send(payload: string | Uint8Array): { readonly beforeNs: HostNs; readonly afterNs: HostNs };
  /** Sends, and waits for the answer. */
  ask(payload: string | Uint8Array): Promise<string>;
  /** The next answer. */
  answer(): Promise<string>;
}

export async function connectUdp(server: Endpoint, from = '127.0.0.1'): Promise<UdpClient> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  const bound = once(socket, 'listening');
  socket.bind(0, from);
  await bound;
  const { address, port } = socket.address();
  const answers: Buffer[] = [];
  socket.on('message', (message) => void answers.push(message));
  const send: UdpClient['send'] = (payload) => {
    const beforeNs = hostNow();
    socket.send(payload, server.port, server.address);
    return { beforeNs, afterNs: hostNow() };
  };
  const answer = async (): Promise<string> => {
    const waiting = once(socket, 'message') as Promise<[Buffer]>;
    const [message] = await withDeadline(waiting, {
      timeoutMs: 2000,
      waitingFor: 'answer of the ack server',
    });
    return message.toString();
  };
  return {
    address: { address, port },
    answers,
    send,
    answer,
    ask(payload) {
      const answered = answer();
      send(payload);
      return answered;
    },
    [Symbol.dispose]: () => void socket.close(),
  };
}
