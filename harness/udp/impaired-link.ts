/**
 * The path between board and server while a spec wants it impaired; it is not there otherwise.
 *
 *     socket ── datagram ──▶ uplink ──▶ responder ── answer ──▶ downlink ──▶ socket
 *       │ stamped by the kernel before anything is done to it
 */
import { seededRandom } from '../analysis/seeded-random.ts';
import type { Endpoint, Impairment } from '../record/events.ts';
import { hostNow } from '../time/clock.ts';
import type { ArrivedDatagram } from './datagram-socket.ts';
import { ImpairedPath } from './impaired-path.ts';
import { dealFates, type ImpairmentPlan } from './impairment-plan.ts';
import type { Responder, Send } from './responder.ts';

export interface ImpairedLinkOptions {
  readonly plan: ImpairmentPlan;
  readonly responder: Responder;
  readonly record: (event: Impairment) => void;
  /** The plan is fulfilled in both directions, and the path is clear again. */
  readonly onEnd: () => void;
}

interface Uplinked {
  readonly payload: Buffer;
  readonly datagram: ArrivedDatagram;
  readonly send: Send;
}

interface Downlinked {
  readonly payload: Buffer;
  readonly to: Endpoint;
  readonly done: (error: Error | null) => void;
  readonly index: number;
  readonly send: Send;
}

export class ImpairedLink implements Disposable {
  readonly #options: ImpairedLinkOptions;
  readonly #uplink: ImpairedPath<Uplinked>;
  readonly #downlink: ImpairedPath<Downlinked>;
  #hasEnded = false;

  /** @throws UsageError IMPAIRMENT_TOO_MUCH */
  constructor(options: ImpairedLinkOptions) {
    const { plan, responder, record } = options;
    this.#options = options;
    const fates = dealFates(plan);
    const common = {
      random: seededRandom(plan.seed),
      record,
      onStep: () => {
        this.#endIfOver();
      },
    };
    this.#downlink = new ImpairedPath<Downlinked>({
      ...common,
      direction: 'downlink',
      fates: fates.downlink,
      delayMs: plan.downlink?.delayMs ?? 0,
      deliver: ({ payload, to, done, index, send }, { isCopy }) => {
        send(payload, to, isCopy ? () => undefined : done, index);
        return index;
      },
      discard: ({ done, index }) => {
        process.nextTick(done, null);
        return { datagram: index };
      },
    });
    this.#uplink = new ImpairedPath<Uplinked>({
      ...common,
      direction: 'uplink',
      fates: fates.uplink,
      delayMs: plan.uplink?.delayMs ?? 0,
      deliver: ({ payload, datagram, send }, { isLate }) => {
        const handledNs = isLate ? hostNow() : datagram.handledNs;
        const arrived = { ...datagram, payload, handledNs, ...(isLate && { deliveredNs: handledNs }) };
        return responder.respond(arrived, (answer, to, done, index) => {
          this.#downlink.carry({ payload: answer, to, done, index, send });
        });
      },
      discard: ({ payload, datagram }) => ({
        stamp: datagram.stamp(),
        payloadHex: responder.toRecord(payload),
      }),
    });
  }

  /** As {@link Responder.respond}, on an impaired way there and back. */
  carry(datagram: ArrivedDatagram, send: Send): void {
    const { plan, responder } = this.#options;
    if (datagram.from.address !== plan.boardAddress) {
      responder.respond(datagram, send);
      return;
    }
    // The kernel keeps the last datagram's stamp only, and this one may have to wait.
    const stamp = datagram.stamp();
    this.#uplink.carry({ payload: datagram.payload, datagram: { ...datagram, stamp: () => stamp }, send });
  }

  #endIfOver(): void {
    if (this.#hasEnded || !this.#uplink.isOver || !this.#downlink.isOver) return;
    this.#hasEnded = true;
    this.#options.onEnd();
  }

  /** Clears the path. What is held up is lost. */
  [Symbol.dispose](): void {
    this.#uplink[Symbol.dispose]();
    this.#downlink[Symbol.dispose]();
  }
}
