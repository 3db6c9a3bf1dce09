import { UsageError } from '../errors.ts';
import type { Ack } from '../record/events.ts';
import { withDeadline } from '../time/deadline.ts';

export interface WithholdingRequest {
  /** How many datagrams to leave unanswered. */
  readonly count: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Follows a request to leave datagrams unanswered until all of them have come. One request at a time. */
export class Withholding {
  private onWithheld: ((index: number) => void) | undefined;

  /** To be told of every ack. */
  see({ datagram, outcome }: Ack): void {
    if (outcome === 'withheld') this.onWithheld?.(datagram);
  }

  /**
   * Asks the server and waits. `ask` sets how many of the next datagrams it leaves unanswered.
   *
   * @returns the indices of those that it left.
   */
  async run(
    { count, timeoutMs, signal }: WithholdingRequest,
    ask: (count: number) => Promise<void>,
  ): Promise<readonly number[]> {
    if (this.onWithheld) {
      throw new UsageError('ALREADY_WITHHOLDING', { what: 'An earlier withholdAcks() is under way' });
    }
    if (count === 0) return [];
    const indices: number[] = [];
    const complete = new Promise<void>((resolve) => {
      this.onWithheld = (index) => {
        if (indices.push(index) === count) resolve();
      };
    });
    try {
      await ask(count);
      const waitingFor = `${count} datagrams to leave unanswered`;
      await withDeadline(complete, { timeoutMs, waitingFor, signal });
      return indices;
    } catch (error) {
      // If this fails, then the thread is gone, and its owner is told why.
      await ask(0).catch(() => undefined);
      throw error;
    } finally {
      this.onWithheld = undefined;
    }
  }
}
