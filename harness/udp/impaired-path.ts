import type { Impairment } from '../record/events.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import type { ImpairmentEffect } from './impairment-plan.ts';

/** What travels: a datagram or an answer. */
export interface Parcel {
  readonly payload: Buffer;
}

export interface ImpairedPathOptions<P extends Parcel> {
  readonly direction: Impairment['direction'];
  /** What is to happen to one parcel after the other; those that come later pass. */
  readonly fates: readonly (ImpairmentEffect | 'pass')[];
  readonly delayMs: number;
  readonly random: () => number;
  /**
   * Lets a parcel go on; `sinceNs` when it was held up until now, and since when.
   *
   * @returns the index of the datagram that it is, or that it answers.
   */
  readonly deliver: (parcel: P, delivery: Delivery) => number;
  /** A parcel that will not go on. Returns what is to be written down about it. */
  readonly discard: (parcel: P) => Partial<Impairment>;
  readonly record: (event: Impairment) => void;
  /** Called when the path may be over: see `isOver`. */
  readonly onStep: () => void;
}

export interface Delivery {
  /** It was delivered before: this is its double. */
  readonly isCopy: boolean;
  /** It was held up. */
  readonly isLate: boolean;
}

/** A parcel that waits for the next one to overtake it waits no longer than this. */
const longestWaitMs = 1000;

/** One direction of the path between board and server, while it is impaired. */
export class ImpairedPath<P extends Parcel> implements Disposable {
  readonly #options: ImpairedPathOptions<P>;
  readonly #fates: (ImpairmentEffect | 'pass')[];
  /** Parcels that are held up, in order, and what lets each go. */
  readonly #held = new Map<Held<P>, NodeJS.Timeout>();
  #isBusy = false;

  constructor(options: ImpairedPathOptions<P>) {
    this.#options = options;
    this.#fates = [...options.fates];
  }

  /** All fates are dealt and told, and nothing is held up any more. */
  get isOver(): boolean {
    return !this.#isBusy && this.#fates.length === 0 && this.#held.size === 0;
  }

  carry(parcel: P): void {
    this.#step(() => {
      const fate = this.#fates.shift() ?? 'pass';
      switch (fate) {
        case 'pass':
          this.#deliver(parcel);
          break;
        case 'drop':
          this.#record('drop', this.#options.discard(parcel));
          break;
        case 'duplicate':
          this.#deliver(parcel);
          this.#record('duplicate', { datagram: this.#deliver(parcel, { isCopy: true }) });
          break;
        case 'corrupt': {
          const { payload, bit } = flipBit(parcel.payload, this.#options.random);
          const datagram = this.#deliver({ ...parcel, payload });
          this.#record('corrupt', { datagram, ...(bit !== undefined && { bit }) });
          break;
        }
        case 'delay':
        case 'reorder':
          this.#hold(parcel, fate);
          break;
      }
    });
  }

  /** Whatever is held up is lost, and said to be. */
  [Symbol.dispose](): void {
    for (const [{ parcel }, timer] of this.#held) {
      clearTimeout(timer);
      this.#record('drop', this.#options.discard(parcel));
    }
    this.#held.clear();
    this.#fates.length = 0;
  }

  #deliver(parcel: P, delivery: Partial<Delivery> = {}): number {
    const datagram = this.#options.deliver(parcel, { isCopy: false, isLate: false, ...delivery });
    // What waited for being overtaken was overtaken just now.
    if (!delivery.isLate) {
      for (const held of [...this.#held.keys()]) if (held.effect === 'reorder') this.#release(held);
    }
    return datagram;
  }

  #hold(parcel: P, effect: Held<P>['effect']): void {
    const held = { parcel, effect, sinceNs: hostNow() };
    const waitMs = effect === 'delay' ? this.#options.delayMs : longestWaitMs;
    this.#held.set(
      held,
      setTimeout(() => {
        this.#step(() => {
          this.#release(held);
        });
      }, waitMs),
    );
  }

  #release(held: Held<P>): void {
    clearTimeout(this.#held.get(held));
    this.#held.delete(held);
    const datagram = this.#deliver(held.parcel, { isLate: true });
    this.#record(held.effect, { datagram, delayMs: elapsedMs(held.sinceNs) });
  }

  /** What is delivered is answered before that returns: the other direction may look at this one meanwhile. */
  #step(step: () => void): void {
    this.#isBusy = true;
    step();
    this.#isBusy = false;
    this.#options.onStep();
  }

  #record(effect: ImpairmentEffect, details: Partial<Impairment>): void {
    const { record, direction } = this.#options;
    record({ kind: 'impairment', hostNs: hostNow(), direction, effect, ...details });
  }
}

interface Held<P> {
  readonly parcel: P;
  readonly effect: 'delay' | 'reorder';
  readonly sinceNs: HostNs;
}

/** A copy with one bit flipped; as it is when it is empty. Bits count from the first byte's least significant one. */
function flipBit(payload: Buffer, random: () => number): { readonly payload: Buffer; readonly bit?: number } {
  if (payload.length === 0) return { payload };
  const bit = Math.floor(random() * payload.length * 8);
  const flipped = Buffer.from(payload);
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return { payload: flipped, bit };
}
