import type { ControlLines } from '../reset-circuit.ts';
import type { Uart, UartPeer } from '../uart.ts';
import { Rfc2217Session } from './rfc2217-session.ts';
import { sendOrDrop } from './socket-peer.ts';
import { listenTcp } from './tcp-listener.ts';
import type { TcpListener } from './tcp-listener.ts';

export interface Rfc2217DoorOptions {
  readonly uart: Uart;
  readonly host: string;
  readonly port: number;
  readonly lines: () => ControlLines;
  readonly setLines: (change: Partial<ControlLines>) => void;
}

/**
 * The UART as an RFC 2217 server, with baud rate, DTR and RTS. Several clients may be connected; they share the control
 * lines, which are released when the last one leaves.
 */
export function openRfc2217Door(options: Rfc2217DoorOptions): Promise<TcpListener> {
  const { uart, host, port, lines, setLines } = options;
  let clients = 0;
  return listenTcp({
    host,
    port,
    what: 'RFC 2217',
    onConnection: (socket) => {
      const session: Rfc2217Session = new Rfc2217Session(
        {
          onData: (bytes) => uart.receive(bytes, peer),
          setLines,
          get lines() {
            return lines();
          },
        },
        uart.baudRate,
        (bytes) => sendOrDrop(socket, bytes),
      );
      const peer: UartPeer = {
        hasControlLines: true,
        receive: (bytes) => session.send(bytes),
        get baudRate() {
          return session.baudRate;
        },
      };
      clients++;
      uart.connect(peer);
      socket.on('data', (bytes) => session.receive(bytes));
      socket.once('close', () => {
        uart.disconnect(peer);
        clients--;
        // RTS first: DTR released alone would leave the chip in reset for a moment.
        if (clients === 0) {
          setLines({ rts: false });
          setLines({ dtr: false });
        }
      });
    },
  });
}
