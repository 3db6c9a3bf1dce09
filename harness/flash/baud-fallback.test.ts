import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startVirtualBoard } from '../boards/virtual/virtual-board.ts';
import { BenchError } from '../errors.ts';
import { withBaudFallback } from './baud-fallback.ts';
import { flashImages } from './embedded-flasher.ts';

const done = { skipped: false, summary: 'done' };

it('is tried where a slower transfer may help, and told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baud-fallback-'));
  await using board = await startVirtualBoard({
    flashFile: join(folder, 'flash.bin'),
    faults: ['loader slow-only'],
  });
  const rates: number[] = [];
  const outcome = await withBaudFallback(460_800, async (baudRate) => {
    rates.push(baudRate);
    const images = [{ name: 'app', offset: 0x10000, data: Buffer.alloc(5000, 'x') }];
    await flashImages({ path: board.urls.rfc2217, images, baudRate, resetHoldMs: 0 });
    return done;
  });
  expect(rates).toEqual([460_800, 115_200]);
  expect(outcome.summary).toBe('done; at 115200 Bd, because 460800 Bd failed (FLASH_TIMEOUT)');
  rmSync(folder, { recursive: true });
});

it.each([
  ['PORT_LOST', 460_800],
  ['FLASH_WRONG_CHIP', 460_800],
  ['FLASH_TIMEOUT', 115_200],
])('is not tried after %s at %i Bd', async (code, baudRate) => {
  let tries = 0;
  const flashing = withBaudFallback(baudRate, () => {
    tries += 1;
    return Promise.reject(new BenchError(code, { what: 'no' }));
  });
  await expect(flashing).rejects.toMatchObject({ code });
  expect(tries).toBe(1);
});
