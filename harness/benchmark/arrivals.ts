import type { Datagram, Stamp } from '../record/events.ts';
import { startAckServer, type AckServer } from '../udp/ack-server.ts';

/** Our ack server on loopback, and what arrived there. */
export interface WatchedServer extends AsyncDisposable {
  readonly server: AckServer;
  readonly arrivals: Datagram[];
  /** Arrivals by their payload. */
  readonly stamps: () => Map<string, Stamp>;
}

export async function watchServer(port: number): Promise<WatchedServer> {
  const arrivals: Datagram[] = [];
  const server = await startAckServer({
    host: '127.0.0.1',
    port,
    onEvent: (event) => {
      if (event.kind === 'datagram') arrivals.push(event);
    },
  });
  return {
    server,
    arrivals,
    stamps: () => new Map(arrivals.map(({ payloadHex, stamp }) => [textOf(payloadHex), stamp])),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Arrivals of each sender of the peer's `boards`, whose payloads are `<board>.<seq>`. */
export function byBoard(arrivals: readonly Datagram[]): Datagram[][] {
  const boards: Datagram[][] = [];
  for (const datagram of arrivals) {
    const board = Number(textOf(datagram.payloadHex).split('.', 1)[0]);
    (boards[board] ??= []).push(datagram);
  }
  return boards;
}

function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString();
}
