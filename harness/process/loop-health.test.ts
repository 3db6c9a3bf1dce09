import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { elapsedMs, hostNow } from '../time/clock.ts';
import { watchLoop } from './loop-health.ts';

/** Runs the event loop for a while, and then for two turns more: a timer that is due by then has fired. */
async function runLoop(forMs: number): Promise<void> {
  const startNs = hostNow();
  while (elapsedMs(startNs) < forMs) await nextTurn();
  await nextTurn();
  await nextTurn();
}

test('a busy loop is seen, once', async () => {
  using loop = watchLoop('main');
  await runLoop(15);
  const startNs = hostNow();
  while (elapsedMs(startNs) < 100);
  await runLoop(0);
  const busy = loop.look();
  expect(busy).toMatchObject({ kind: 'bench-health', thread: 'main' });
  // Asked every 10 ms: up to one such interval of the 100 ms passes before the delay counts.
  expect(busy.loopDelayMaxMs).toBeGreaterThan(85);
  expect(busy.cores).toBeGreaterThan(0);
  expect(loop.look().loopDelayMaxMs).toBe(0);
});
