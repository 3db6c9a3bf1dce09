import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { elapsedMs, hostNow } from '../time/clock.ts';
import { watchLoop } from './loop-health.ts';

test('a busy loop is seen, once', async () => {
  using loop = watchLoop('main');
  const startNs = hostNow();
  while (elapsedMs(startNs) < 15) await nextTurn();
  while (elapsedMs(startNs) < 115);
  while (elapsedMs(startNs) < 130) await nextTurn();
  const busy = loop.look();
  expect(busy).toMatchObject({ kind: 'bench-health', thread: 'main' });
  // Asked every 10 ms: up to one such interval of the 100 ms passes before the delay counts.
  expect(busy.loopDelayMaxMs).toBeGreaterThan(85);
  expect(busy.cores).toBeGreaterThan(0);
  expect(loop.look().loopDelayMaxMs).toBeLessThan(busy.loopDelayMaxMs);
});
