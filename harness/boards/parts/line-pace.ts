import { hostNow } from '../../time/clock.ts';
import { BITS_PER_BYTE } from './wire.ts';

interface Delivery {
  readonly dueNs: number;
  readonly deliver: () => void;
}

/**
 * One direction of a UART's wires, where bytes take their time. Deadlines are absolute, so that late timers don't add
 * up.
 */
export class LinePace {
  readonly #waiting: Delivery[] = [];
  #freeNs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Calls `deliver` when `length` more bytes have passed at `baudRate`. */
  carry(length: number, baudRate: number, deliver: () => void): void {
    this.#freeNs = Math.max(this.#freeNs, hostNow()) + (length * BITS_PER_BYTE * 1e9) / baudRate;
    this.#waiting.push({ dueNs: this.#freeNs, deliver });
    this.#timer ??= this.#wake();
  }

  /** What is still on the wire is lost. */
  cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.length = 0;
    this.#freeNs = 0;
  }

  #wake(): NodeJS.Timeout | undefined {
    const next = this.#waiting[0];
    if (next === undefined) return undefined;
    return setTimeout(
      () => {
        const nowNs = hostNow();
        while (this.#waiting[0] !== undefined && this.#waiting[0].dueNs <= nowNs) {
          this.#waiting.shift()?.deliver();
        }
        this.#timer = this.#wake();
      },
      Math.max(0, (next.dueNs - hostNow()) / 1e6),
    );
  }
}
