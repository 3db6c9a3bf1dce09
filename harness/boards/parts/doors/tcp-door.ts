import type { Uart, UartPeer } from '../uart.ts';
import { sendOrDrop } from './socket-peer.ts';
import { listenTcp } from './tcp-listener.ts';
import type { TcpListener } from './tcp-listener.ts';

/** The UART as a raw TCP port (`socket://host:port`): bytes and nothing else, for any number of clients. */
export function openTcpDoor(uart: Uart, host: string, port: number): Promise<TcpListener> {
  return listenTcp({
    host,
    port,
    what: 'raw TCP',
    onConnection: (socket) => {
      const peer: UartPeer = {
        hasControlLines: false,
        receive: (bytes) => sendOrDrop(socket, bytes),
      };
      uart.connect(peer);
      socket.on('data', (bytes) => uart.receive(bytes, peer));
      socket.once('close', () => uart.disconnect(peer));
    },
  });
}
