import { setImmediate } from 'node:timers/promises';
import { elapsedMs, hostNow } from '../time/clock.ts';

/** Keeps this thread busy, as a test runner at work does, for as long as `work` takes: in chunks of 5 to 20 ms. */
export async function whileBusy<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const settled = work.finally(() => {
    over.abort();
  });
  // Whoever waits for `settled` hears of it.
  settled.catch(() => undefined);
  for (let chunk = 0; !over.signal.aborted; chunk++) {
    const began = hostNow();
    const lengthMs = 5 + (15 * (chunk % 8)) / 7;
    while (elapsedMs(began) < lengthMs) JSON.parse(JSON.stringify({ chunk, text: 'x'.repeat(200) }));
    await setImmediate();
  }
  return settled;
}
