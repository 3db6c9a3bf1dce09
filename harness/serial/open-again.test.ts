import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAgain } from './open-again.ts';
import { hasSocat, startPtyPair } from './testdata/pty-pair.ts';

const usb = { vendorId: '303a', productId: '1001', serialNumber: '68:B6:B3:21:E6:D4' };

describe.skipIf(!hasSocat)('a port that comes back (needs socat)', () => {
  it('is opened at the path that it comes back to', async () => {
    await using pair = await startPtyPair();
    let looks = 0;
    const list = () => Promise.resolve(++looks < 3 ? [] : [{ path: pair.other, ...usb }]);
    const old = join(pair.one, 'gone');
    await using port = await openAgain({ path: old, baudRate: 115200, dtr: false, rts: false }, usb, list);
    expect(port.path).toBe(pair.other);
    expect(looks).toBe(3);
  });

  it('is opened at its old path when several look alike', async () => {
    await using pair = await startPtyPair();
    const list = () => Promise.resolve([pair.other, pair.one].map((path) => ({ path, ...usb })));
    await using port = await openAgain(
      { path: pair.one, baudRate: 115200, dtr: false, rts: false },
      usb,
      list,
    );
    expect(port.path).toBe(pair.one);
  });
});

it('is not waited for any more when the run is cancelled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'open-again-'));
  const cancel = new AbortController();
  const settings = { path: join(folder, 'gone'), baudRate: 115200, dtr: false, rts: false };
  const opening = openAgain({ ...settings, signal: cancel.signal });
  cancel.abort(new Error('enough'));
  await expect(opening).rejects.toThrow();
  rmSync(folder, { recursive: true });
});
