import { ReadStream } from 'node:tty';
import type { Uart, UartPeer } from '../uart.ts';
import type { Door } from './door.ts';
import { openPseudoTerminal } from './pseudo-terminal.ts';
import { sendOrDrop } from './socket-peer.ts';

/** The UART as a pseudo-terminal: a path that any serial tool opens. */
export interface PtyDoor extends Door {
  /** `/dev/pts/7`; reopened, it may be another: the system chooses. */
  readonly path: string;
}

/** How soon a client is noticed. The system tells nobody when a pseudo-terminal is opened, so we look. */
const LOOK_MS = 10;

/**
 * Opens a pseudo-terminal. Clients may come and go; what the chip sends while none is there is lost, as on a wire.
 *
 * @throws BenchError `PTY`
 */
export function openPtyDoor(uart: Uart): PtyDoor {
  let terminal = openPseudoTerminal();
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
  const look = (): NodeJS.Timeout => setInterval(connect, LOOK_MS);
  let looking = look();
  // Without its master the path is gone, and who has it open is hung up on.
  const shut = (): Promise<void> => {
    clearInterval(looking);
    stream?.destroy();
    terminal[Symbol.dispose]();
    return Promise.resolve();
  };

  return {
    get path() {
      return terminal.path;
    },
    shut,
    reopen() {
      terminal = openPseudoTerminal();
      looking = look();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: shut,
  };
}
