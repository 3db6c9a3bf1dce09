import { setTimeout as delay } from 'node:timers/promises';
import { BenchError } from '../errors.ts';

/** A wait: until when, and what to say when the time is over. */
export interface WaitOptions {
  /** How long to wait at most. */
  readonly timeoutMs: number;
  /** What is waited for, as it stands in the error: "the answer to SYNC". */
  readonly waitingFor: string;
  readonly signal?: AbortSignal | undefined;
  /** Makes the error when the time is over; by default a `BenchError` with code `TIMEOUT`. */
  readonly onTimeout?: () => Error;
}

/**
 * Waits for `promise`, for the deadline or for `signal`, whichever comes first.
 *
 * @throws the reason of `signal` when it aborts; what `onTimeout` makes when the time is over.
 */
export async function withDeadline<T>(promise: Promise<T>, options: WaitOptions): Promise<T> {
  const { timeoutMs, waitingFor, signal } = options;
  // Whoever stops waiting, here or at the deadline, does not want to hear of it later either.
  promise.catch(() => undefined);
  signal?.throwIfAborted();
  const settled = new AbortController();
  const ends = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
  const timer = delay(timeoutMs, undefined, { signal: ends }).then(
    () => {
      throw (
        options.onTimeout?.() ??
        new BenchError('TIMEOUT', { what: `No ${waitingFor} within ${timeoutMs} ms` })
      );
    },
    () => {
      signal?.throwIfAborted();
      // Settled first: the race is over and nobody looks at this promise any more.
      return undefined as never;
    },
  );
  try {
    return await Promise.race([promise, timer]);
  } finally {
    settled.abort();
  }
}
