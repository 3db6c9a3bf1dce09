import type { Ack, Datagram, Endpoint } from '../record/events.ts';
import type { ArrivedDatagram } from './datagram-socket.ts';

export interface ResponderOptions {
  /** False: nothing is answered, for a firmware that answers itself. */
  readonly answers: boolean;
  /** How much of each payload is written down. */
  readonly keepPayloadBytes: number;
  /** Whether the answer to a datagram that ends with a number ends with it, too. The seed's server knows of no numbers. */
  readonly echoNumbers: boolean;
  readonly record: (event: Datagram | Ack) => void;
}

/** Hands an answer to the network stack; see `DatagramSocket.send`. `index`: of the datagram that is answered. */
export type Send = (
  payload: Buffer,
  to: Endpoint,
  done: (error: Error | null) => void,
  index: number,
) => void;

/** The seed's answer. */
const ok = Buffer.from('Ok!');

/** The end of a numbered datagram, `Hello from ESP32 #17`, and how far from the end to look for it. */
const numbering = / #\d{1,10}$/;
const longestNumbering = ' #4294967295'.length;

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

  /** @returns the datagram's index. */
  respond({ payload, from, handledNs, deliveredNs, stamp }: ArrivedDatagram, send: Send): number {
    const { answers, record } = this.options;
    const index = this.nextIndex++;
    const withheld = this.toWithhold > 0;
    if (withheld) this.toWithhold--;
    else if (answers) {
      const done = (error: Error | null): void => {
        record(
          error
            ? { kind: 'ack', datagram: index, outcome: 'failed', error: error.message }
            : { kind: 'ack', datagram: index, outcome: 'sent', hostNs: handledNs },
        );
      };
      send(this.answerTo(payload), from, done, index);
    }
    record({
      kind: 'datagram',
      index,
      stamp: stamp(),
      ...(deliveredNs !== undefined && { deliveredNs }),
      from,
      length: payload.length,
      payloadHex: this.toRecord(payload),
    });
    if (withheld) record({ kind: 'ack', datagram: index, outcome: 'withheld' });
    return index;
  }

  private answerTo(payload: Buffer): Buffer {
    if (!this.options.echoNumbers) return ok;
    const [number] =
      numbering.exec(payload.toString('latin1', Math.max(0, payload.length - longestNumbering))) ?? [];
    return number === undefined ? ok : Buffer.from(`Ok!${number}`);
  }

  /** A payload as it is written down: in hex, as much of it as is kept. */
  toRecord(payload: Buffer): string {
    return payload.toString('hex', 0, this.options.keepPayloadBytes);
  }
}
