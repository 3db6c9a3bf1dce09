import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { BenchError } from '../errors.ts';
import type { Endpoint, Stamp } from '../record/events.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import { ArrivalStamper } from './arrival-stamp.ts';
import { explainBindError } from './bind-error.ts';
import { KernelStamps } from './kernel-stamps.ts';
import { loadSocketFfi } from './socket-ffi.ts';
import { findOwnSocket, readDrops } from './udp-sockets.ts';

/** A datagram in the hands of its handler. */
export interface ArrivedDatagram {
  readonly payload: Buffer;
  readonly from: Endpoint;
  /** When the handler was entered. */
  readonly handledNs: HostNs;
  /** When the server got it, if it was held up on its way here. */
  readonly deliveredNs?: HostNs;
  /** When it arrived. To be called once, before the handler returns: the kernel keeps the last datagram's stamp only. */
  readonly stamp: () => Stamp;
}

export interface DatagramSocketOptions {
  /** An IPv4 address, not a name. Port 0: the system picks one. */
  readonly at: Endpoint;
  readonly stampSource: Stamp['source'];
  readonly onDatagram: (datagram: ArrivedDatagram) => void;
  readonly onError: (error: Error) => void;
}

/** An open UDP socket that stamps what arrives. */
export interface DatagramSocket {
  readonly address: Endpoint;
  /** Since when it receives. */
  readonly openNs: HostNs;
  /** Size of the receive queue as the system reports it; Linux reports, and reserves, twice what it grants. */
  readonly receiveBufferBytes: number;
  readonly stampSource: Stamp['source'];
  /** Hands a payload to the network stack before it returns; `done` is called later, in a turn of its own. */
  readonly send: (payload: Buffer, to: Endpoint, done: (error: Error | null) => void) => void;
  /** Datagrams that the receive queue had no room for; `undefined` where the system doesn't tell. */
  countDrops(): number | undefined;
  close(): Promise<void>;
}

/** Linux grants 208 KiB by default: some 277 small datagrams, a stall of 28 ms at 10,000 a second. This is 20 times that. */
export const wantedReceiveBufferBytes = 4 * 1024 * 1024;

/**
 * Opens a UDP socket.
 *
 * @throws BenchError PORT_IN_USE, ADDRESS_NOT_OURS, PORT_PERMISSION, BIND_FAILED
 */
export async function openDatagramSocket(options: DatagramSocketOptions): Promise<DatagramSocket> {
  const { at, onDatagram, onError } = options;
  const ffi = loadSocketFfi();
  // Addresses are numbers already; Node.js would look them up in a turn of their own and delay each answer by it.
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  try {
    const listening = once(socket, 'listening');
    socket.bind(at.port, at.address);
    await listening;
  } catch (error) {
    socket.close();
    throw explainBindError(error as NodeJS.ErrnoException, at);
  }
  const openNs = hostNow();
  socket.on('error', (cause) =>
    onError(
      new BenchError('RECEIVE_FAILED', { what: `The ack server can't receive: ${cause.message}`, cause }),
    ),
  );
  widenReceiveBuffer(socket);

  const { address, port } = socket.address();
  const own = findOwnSocket({ address, port });
  const kernel = options.stampSource === 'kernel' && ffi && own ? new KernelStamps(own.fd, ffi) : undefined;
  const stamper = new ArrivalStamper(kernel);

  socket.on('message', (payload, from) => {
    const handledNs = hostNow();
    onDatagram({
      payload,
      from: { address: from.address, port: from.port },
      handledNs,
      stamp: () => stamper.stamp(handledNs),
    });
  });

  return {
    address: { address, port },
    openNs,
    receiveBufferBytes: socket.getRecvBufferSize(),
    stampSource: kernel ? 'kernel' : 'handler',
    send(payload, to, done) {
      try {
        socket.send(payload, to.port, to.address, done);
      } catch (error) {
        // Source port 0, for one: it can be received, but Node.js refuses to send there.
        process.nextTick(done, error);
      }
    },
    countDrops: () => own && (ffi ? ffi.drops(own.fd) : readDrops(own.inode)),
    async close() {
      await new Promise<void>((closed) => socket.close(closed));
    },
  };
}

/** Linux grants what `net.core.rmem_max` allows; other systems refuse what is too much for them. */
function widenReceiveBuffer(socket: Socket): void {
  for (let size = wantedReceiveBufferBytes; size > socket.getRecvBufferSize(); size /= 2) {
    try {
      socket.setRecvBufferSize(size);
      return;
    } catch {
      // Half of it, then.
    }
  }
}
