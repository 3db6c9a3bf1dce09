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

test('when it was held up is told, once', async () => {
  using loop = watchLoop('server');
  await runLoop(15);
  const fromNs = hostNow();
  while (elapsedMs(fromNs) < 60);
  const toNs = hostNow();
  await runLoop(5);
  // A busy host may have held it up before.
  const stall = loop.look().stalls?.find((held) => held.toNs >= toNs);
  // It was to ask within 10 ms, and asked as soon as it could.
  expect(elapsedMs(fromNs, stall?.fromNs)).toBeLessThan(12);
  expect(elapsedMs(fromNs, stall?.toNs)).toBeGreaterThanOrEqual(60);
  expect(loop.look().stalls ?? []).toEqual([]);
});
