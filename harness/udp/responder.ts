import type { Ack, Datagram, Endpoint } from '../record/events.ts';
import type { ArrivedDatagram } from './datagram-socket.ts';

export interface ResponderOptions {
  /** How much of each payload is written down. */
  readonly keepPayloadBytes: number;
  readonly record: (event: Datagram | Ack) => void;
}

/** Hands an answer to the network stack; see `DatagramSocket.send`. */
export type Send = (payload: Buffer, to: Endpoint, done: (error: Error | null) => void) => void;

/** The seed's answer. */
const ok = Buffer.from('Ok!');

/** Answers each datagram at once, or not if a spec asked for silence; keeps books after that. */
export class Responder {
  private readonly options: ResponderOptions;
  private nextIndex = 0;
  private toWithhold = 0;

  constructor(options: ResponderOptions) {
    this.options = options;
  }

  /** The next `count` datagrams stay unanswered; replaces what an earlier call left over. */
  withhold(count: number): void {
    this.toWithhold = count;
  }

  respond({ payload, from, handledNs, stamp }: ArrivedDatagram, send: Send): void {
    const { record, keepPayloadBytes } = this.options;
    const index = this.nextIndex++;
    const withheld = this.toWithhold > 0;
    if (withheld) this.toWithhold--;
    else {
      send(ok, from, (error) => {
        record(
          error
            ? { kind: 'ack', datagram: index, outcome: 'failed', error: error.message }
            : { kind: 'ack', datagram: index, outcome: 'sent', hostNs: handledNs },
        );
      });
    }
    record({
      kind: 'datagram',
      index,
      stamp: stamp(),
      from,
      length: payload.length,
      payloadHex: payload.toString('hex', 0, keepPayloadBytes),
    });
    if (withheld) record({ kind: 'ack', datagram: index, outcome: 'withheld' });
  }
}
