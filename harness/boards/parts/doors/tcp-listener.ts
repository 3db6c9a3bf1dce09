import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { BenchError, UsageError } from '../../../errors.ts';
import type { Door } from './door.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: the system picks one. */
  readonly port: number;
  /** For errors: `RFC 2217`. */
  readonly what: string;
  readonly onConnection: (socket: Socket) => void;
}

/** A TCP server and its connections, which end with it. */
export interface TcpListener extends Door {
  readonly port: number;
}

/**
 * Listens for TCP connections. Small writes are not held back (TCP_NODELAY).
 *
 * @throws UsageError `PORT_IN_USE` or `ADDRESS`; BenchError `LISTEN` for whatever else the system says.
 */
export async function listenTcp({ host, port, what, onConnection }: ListenOptions): Promise<TcpListener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    // A reset connection is a closed one: `close` follows and is what matters.
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  const listen = async (at: number): Promise<void> => {
    try {
      server.listen({ host, port: at, exclusive: true });
      await once(server, 'listening');
    } catch (error) {
      throw explain(error as NodeJS.ErrnoException, host, at, what);
    }
  };
  await listen(port);
  const { port: taken } = server.address() as AddressInfo;
  const shut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  return { port: taken, shut, reopen: () => listen(taken), [Symbol.asyncDispose]: shut };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, what: string): Error {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE') {
    return new UsageError('PORT_IN_USE', {
      what: `The port for ${what} is taken by another program`,
      where,
      next: `name another port, or 0 for any free one; \`ss -ltnp sport = :${port}\` shows who has it`,
      cause: error,
    });
  }
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
    return new UsageError('ADDRESS', {
      what: `The system refuses the address for ${what}: ${error.code}`,
      where,
      next: 'name another port or address',
      cause: error,
    });
  }
  return new BenchError('LISTEN', {
    what: `Can't listen for ${what}: ${error.message}`,
    where,
    cause: error,
  });
}
