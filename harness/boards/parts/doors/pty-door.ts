import { ReadStream } from 'node:tty';
import type { Uart, UartPeer } from '../uart.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import { sendOrDrop } from './socket-peer.ts';

/** The UART as a pseudo-terminal: a path that any serial tool opens. */
export interface PtyDoor extends AsyncDisposable {
  /** `/dev/pts/7` */
  readonly path: string;
  /** Ends the client's connection; it can open the path again. */
  disconnect(): void;
}

/** How soon a client is noticed. The system tells nobody when a pseudo-terminal is opened, so we look. */
const LOOK_MS = 10;

/**
 * Opens a pseudo-terminal. Clients may come and go; what the chip sends while none is there is lost, as on a wire.
 *
 * @throws BenchError `PTY`
 */
export function openPtyDoor(uart: Uart): PtyDoor {
  const terminal = openPseudoTerminal();
  let stream: ReadStream | undefined;

  const connect = (): void => {
    if (stream !== undefined || !terminal.hasClient()) return;
    // A stream closes its descriptor with it; the terminal outlives its clients.
    const connected = new ReadStream(terminal.duplicate());
    stream = connected;
    const peer: UartPeer = { hasControlLines: false, receive: (bytes) => sendOrDrop(connected, bytes) };
    uart.connect(peer);
    connected.on('data', (bytes) => uart.receive(bytes, peer));
    // EIO: the last client has closed it.
    connected.on('error', () => undefined);
    connected.once('close', () => {
      stream = undefined;
      uart.disconnect(peer);
    });
  };
  const looking = setInterval(connect, LOOK_MS);

  return {
    path: terminal.path,
    disconnect: () => stream?.destroy(),
    [Symbol.asyncDispose]() {
      clearInterval(looking);
      stream?.destroy();
      terminal[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
