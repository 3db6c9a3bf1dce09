import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BenchError } from '../../errors.ts';
import { withDeadline } from '../../time/deadline.ts';

/** How long a connection may take to be made: a host that is switched off says nothing at all. */
const connectTimeoutMs = 3000;

/** A TCP server that stands for a serial port. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects without delaying small writes (TCP_NODELAY): a serial port's bytes are few and urgent.
 *
 * @throws BenchError `PORT_REFUSED` when nobody listens there, `PORT_UNREACHABLE` when the host can't be found or doesn't answer.
 */
export async function connectTcp({ host, port, signal }: TcpAddress): Promise<Socket> {
  signal?.throwIfAborted();
  const where = `${host}:${port}`;
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 });
  try {
    await withDeadline(once(socket, 'connect'), {
      timeoutMs: connectTimeoutMs,
      waitingFor: `connection to ${where}`,
      signal,
      onTimeout: () => unreachable(where, `did not answer within ${connectTimeoutMs} ms`),
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw connectError(where, error);
  }
}

function connectError(where: string, error: unknown): unknown {
  // Host names with several addresses fail with one error for each of them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  switch ((first as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return new BenchError('PORT_REFUSED', {
        what: 'Nobody listens at this address',
        where,
        next: 'start the serial server there, or correct host and port',
        cause: error,
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(where, 'has a host name that is not known', error);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return unreachable(where, 'could not be reached', error);
    case undefined:
    default:
      return error;
  }
}

function unreachable(where: string, why: string, cause?: unknown): BenchError {
  return new BenchError('PORT_UNREACHABLE', {
    what: `The serial server ${why}`,
    where,
    next: 'check the host name, its network and its firewall',
    cause,
  });
}
