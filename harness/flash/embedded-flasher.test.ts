import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoaderFault } from '../boards/parts/fault.ts';
import { startVirtualBoard } from '../boards/virtual/virtual-board.ts';
import { flashImages, type FlashProgress } from './embedded-flasher.ts';
import type { FlashImage } from './flash-image.ts';

let folder: string;
let flashFile: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hil-flash-'));
  flashFile = join(folder, 'flash.bin');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Half of it can't be compressed; the length is no whole word. */
const app: FlashImage = {
  name: 'app',
  offset: 0x10000,
  data: Buffer.concat([Buffer.alloc(30_000, 'firmware'), randomBytes(30_001)]),
};
const partitions: FlashImage = { name: 'partition-table', offset: 0x8000, data: Buffer.alloc(3072, 0x50) };
const images = [partitions, app];

describe('flashImages', () => {
  it.each(['rfc2217', 'socket', 'pty'] as const)('writes and verifies images through %s', async (door) => {
    await using board = await startVirtualBoard({ flashFile, pty: door === 'pty' });
    const path = board.urls[door] ?? '';
    const progress: FlashProgress[] = [];
    const report = await flashImages({
      path,
      images,
      baudRate: 460_800,
      resetHoldMs: 0,
      onProgress: (step) => progress.push(step),
    });
    expect(report).toMatchObject({
      chip: 'ESP32',
      mac: '24:0a:0a:c4:12:34',
      written: ['partition-table', 'app'],
      skipped: [],
    });
    const flash = await readFile(flashFile);
    for (const { offset, data } of images) expect(flash.subarray(offset, offset + data.length)).toEqual(data);
    expect(progress.at(-1)).toEqual({ name: 'app', writtenBytes: 60_004, totalBytes: 60_004 });
  });

  it('does not write again what the flash holds', async () => {
    await using board = await startVirtualBoard({ flashFile });
    const flash = async (changed: FlashImage[]): Promise<unknown> =>
      flashImages({ path: board.urls.rfc2217, images: changed, baudRate: 460_800, resetHoldMs: 0 });
    await flash(images);
    expect(await flash(images)).toMatchObject({ written: [], skipped: ['partition-table', 'app'] });
    const newApp = { ...app, data: Buffer.from(app.data).fill(0, 0, 1) };
    expect(await flash([partitions, newApp])).toMatchObject({
      written: ['app'],
      skipped: ['partition-table'],
    });
  });

  it('refuses an image that is larger than the flash, before anything is written', async () => {
    await using board = await startVirtualBoard({ flashFile });
    const large = { name: 'storage', offset: 0x3ff000, data: Buffer.alloc(0x1004) };
    const flashing = flashImages({ path: board.urls.rfc2217, images: [app, large], baudRate: 460_800 });
    await expect(flashing).rejects.toMatchObject({ code: 'FLASH_TOO_SMALL' });
    await expect(flashing).rejects.toThrow('storage (4100 bytes at 0x3ff000) does not fit');
    expect((await readFile(flashFile)).subarray(app.offset, app.offset + 4).toString('hex')).toBe('ffffffff');
  });

  it('says what it was doing when the port is lost', async () => {
    await using board = await startVirtualBoard({ flashFile });
    const flashing = flashImages({
      path: board.urls.rfc2217,
      images,
      baudRate: 460_800,
      onProgress: ({ name, writtenBytes, totalBytes }) => {
        if (name === 'app' && writtenBytes > totalBytes / 2) void board.inject('unplug');
      },
    });
    await expect(flashing).rejects.toMatchObject({ code: 'PORT_LOST' });
    await expect(flashing).rejects.toThrow(/lost while writing app \(\d+ of 60004 bytes\)/);
  });

  it('ends at once when the board is reset in its midst, and the next try is whole', async () => {
    await using board = await startVirtualBoard({ flashFile });
    const began = performance.now();
    const flashing = flashImages({
      path: board.urls.rfc2217,
      images,
      baudRate: 460_800,
      onProgress: ({ name, writtenBytes, totalBytes }) => {
        if (name === 'app' && writtenBytes > totalBytes / 2) void board.inject('reset');
      },
    });
    await expect(flashing).rejects.toMatchObject({ code: 'FLASH_BOARD_RESET', fault: 'bench' });
    await expect(flashing).rejects.toThrow('it talks, and no answers of the loader');
    // Not only when the command in question has been waited for.
    expect(performance.now() - began).toBeLessThan(2_500);
    expect(await flashImages({ path: board.urls.rfc2217, images, baudRate: 460_800 })).toMatchObject({
      written: ['app'],
    });
  });

  it('ends at once when it is cancelled, and gives the port back', async () => {
    await using board = await startVirtualBoard({ flashFile });
    const cancel = new AbortController();
    const reason = new Error('enough');
    const flashing = flashImages({
      path: board.urls.rfc2217,
      images,
      baudRate: 460_800,
      signal: cancel.signal,
      onProgress: ({ name }) => {
        if (name === 'app') cancel.abort(reason);
      },
    });
    await expect(flashing).rejects.toBe(reason);
    expect(await flashImages({ path: board.urls.rfc2217, images, baudRate: 460_800 })).toMatchObject({
      written: ['app'],
      skipped: ['partition-table'],
    });
  });

  it.each([
    // First byte of the ESP32's magic word, 00F01D83; first digit of an MD5; status of a block.
    ['a chip that is no ESP32', 'FLASH_WRONG_CHIP', [0x01, 0x0a], 4, 0x84],
    ['a flash that does not hold what was written', 'FLASH_MD5_MISMATCH', [0x01, 0x13], 8, 0x78],
    ['a block that is refused', 'FLASH_REFUSED', [0x01, 0x11], 8, 0x01],
  ])('tells of %s', async (_what, code, answer, at, value) => {
    await using board = await startVirtualBoard({ flashFile });
    await using proxy = await startProxy(board.urls.socket, (bytes) => {
      const found = bytes.indexOf(Buffer.from([0xc0, ...answer]));
      if (found !== -1) bytes[found + 1 + at] = value;
    });
    const flashing = flashImages({ path: proxy.url, images, baudRate: 460_800 });
    await expect(flashing).rejects.toMatchObject({ code });
  });

  it.each<[LoaderFault, string]>([
    ['secure-boot', 'FLASH_SECURE_BOOT'],
    ['flash-encryption', 'FLASH_ENCRYPTED'],
    ['other-chip', 'FLASH_WRONG_CHIP'],
    ['wrong-md5', 'FLASH_MD5_MISMATCH'],
    ['slow-only', 'FLASH_TIMEOUT'],
  ])('tells of a chip with %s', async (fault, code) => {
    await using board = await startVirtualBoard({ flashFile, faults: [`loader ${fault}`] });
    const flashing = flashImages({ path: board.urls.rfc2217, images, baudRate: 460_800, resetHoldMs: 0 });
    await expect(flashing).rejects.toMatchObject({ code, fault: 'bench' });
  });

  it('shows what the board says when there is no loader', { timeout: 15_000 }, async () => {
    // A raw TCP port has no reset lines: the app just goes on.
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write('I (9120) Client: sent seq=17 at_us=1701846\r\n'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const path = `socket://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const flashing = flashImages({ path, images, baudRate: 460_800 });
    await expect(flashing).rejects.toMatchObject({ code: 'FLASH_NO_ANSWER' });
    await expect(flashing).rejects.toThrow('| I (9120) Client: sent seq=17');
    server.close();
  });
});

/** A raw TCP port that changes what the board says. */
async function startProxy(
  target: string,
  tamper: (fromBoard: Buffer) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const { hostname, port } = new URL(target);
    const board = connect(Number(port), hostname);
    sockets.push(client, board);
    for (const socket of [client, board]) socket.on('error', () => undefined);
    client.pipe(board);
    board.on('data', (bytes) => {
      tamper(bytes);
      client.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `socket://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
