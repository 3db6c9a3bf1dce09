/** The unmodified esptool 5.x at the three doors. It comes from PyPI: without it these tests are skipped, and say so. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { FLASH_SIZE, SECTOR_SIZE } from './chip/flash-chip.ts';
import { runEsptool, whyNoEsptool } from './testing/esptool.ts';
import { appImage, fullFlash } from './testing/flash-contents.ts';
import { compileTestProgram } from './testing/test-program.ts';
import { WireClient } from '../parts/testing/wire-client.ts';
import { startVirtualBoard } from './virtual-board.ts';
import type { VirtualBoard } from './virtual-board.ts';

/** Half of it can't be compressed; longer than a stub's block, and no multiple of one. */
const file = Buffer.concat([randomBytes(20_000), Buffer.alloc(20_001, 'compressible')]);

type Door = 'raw TCP' | 'PTY' | 'RFC 2217';
type LoaderKind = 'stub' | 'ROM';

/** A board of its own for each test, so that they can run side by side: esptool mostly waits. */
interface Bench extends AsyncDisposable {
  readonly board: VirtualBoard;
  /** Runs esptool at the door under test. */
  run(...args: readonly string[]): Promise<string>;
  /** What the flash holds. */
  flash(): Buffer;
  /** Path of a file with these contents. */
  save(name: string, contents: Uint8Array): string;
  readonly folder: string;
}

async function openBench(door: Door, loader: LoaderKind): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'esptool-test-'));
  const flashFile = join(folder, 'flash.bin');
  const board = await startVirtualBoard({ flashFile, pty: door === 'PTY' });
  const { rfc2217, socket, pty = 'none' } = board.urls;
  const options = {
    'raw TCP': ['--port', socket],
    PTY: ['--port', pty, '--before', 'no-reset'],
    'RFC 2217': ['--port', rfc2217],
  }[door];
  return {
    board,
    folder,
    run: (...args) => runEsptool(...options, ...(loader === 'ROM' ? ['--no-stub'] : []), ...args),
    flash: () => readFileSync(flashFile),
    save: (name, contents) => {
      writeFileSync(join(folder, name), contents);
      return join(folder, name);
    },
    async [Symbol.asyncDispose]() {
      await board[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

const suite = `esptool${whyNoEsptool === undefined ? '' : ` (skipped: ${whyNoEsptool})`}`;

describe.skipIf(whyNoEsptool !== undefined)(suite, { timeout: 120_000, concurrent: true }, () => {
  describe.each([
    ['raw TCP', 'stub'],
    ['raw TCP', 'ROM'],
    ['PTY', 'stub'],
    ['PTY', 'ROM'],
  ] as const)('%s, %s', (door, loader) => {
    test('identifies chip and flash', async ({ expect }) => {
      await using bench = await openBench(door, loader);
      const output = await bench.run('flash-id');
      expect(output).toMatch(/Chip type: +ESP32-D0WDQ6-V3 \(revision v3\.0\)/);
      expect(output).toMatch(/Crystal frequency: +40MHz/);
      expect(output).toMatch(/MAC: +24:0a:0a:c4:12:34/);
      expect(output).toContain('Manufacturer: c8');
      expect(output).toContain('Device: 4016');
      expect(output).toContain('Detected flash size: 4MB');
    });

    test.for(['--compress', '--no-compress'])(
      'writes %s, verifies and reads back',
      async (how, { expect }) => {
        await using bench = await openBench(door, loader);
        const path = bench.save('file.bin', file);
        const output = await bench.run('--baud', '921600', 'write-flash', how, '0x100000', path);
        expect(output).toContain('Changing baud rate to 921600');
        expect(output).toContain('Hash of data verified.');
        expect(
          bench
            .flash()
            .subarray(0x100000, 0x100000 + file.length)
            .equals(file),
        ).toBe(true);
        expect(await bench.run('verify-flash', '0x100000', path)).toContain('Verification successful');
        // Without the stub esptool reads 64 bytes at a time.
        const length = loader === 'stub' ? file.length : 1000;
        const back = join(bench.folder, 'back.bin');
        await bench.run('read-flash', '0x100000', String(length), back);
        expect(readFileSync(back).equals(file.subarray(0, length))).toBe(true);
      },
    );

    test('erases a region', async ({ expect }) => {
      await using bench = await openBench(door, loader);
      await bench.run('write-flash', '0x100000', bench.save('file.bin', file));
      await bench.run('erase-region', '0x101000', String(SECTOR_SIZE));
      const contents = bench.flash().subarray(0x100000);
      expect(contents.subarray(0x1000, 0x2000).equals(Buffer.alloc(SECTOR_SIZE, 0xff))).toBe(true);
      expect(contents.subarray(0, 0x1000).equals(file.subarray(0, 0x1000))).toBe(true);
      expect(contents.subarray(0x2000, 0x3000).equals(file.subarray(0x2000, 0x3000))).toBe(true);
    });

    // The ROM of the ESP32 has no command for that.
    if (loader === 'stub')
      test('erases all of it', async ({ expect }) => {
        await using bench = await openBench(door, loader);
        await bench.run('write-flash', '0x100000', bench.save('file.bin', file));
        expect(await bench.run('erase-flash')).toContain('erased successfully');
        expect(bench.flash().equals(Buffer.alloc(FLASH_SIZE, 0xff))).toBe(true);
      });

    test('flashes an image, which boots when esptool has gone', async () => {
      await using bench = await openBench(door, loader);
      const image = bench.save('image.bin', fullFlash(appImage(compileTestProgram())));
      await using console = await WireClient.connect(bench.board.urls.socket);
      await bench.run('write-flash', '0', image);
      await console.expect('rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)', 10_000);
      await console.expect('app boot_us=', 10_000);
    });
  });

  // esptool's RFC 2217 client renegotiates the port for each command: this alone takes it some seconds.
  test('RFC 2217: resets into the loader and reads the MAC address', async ({ expect }) => {
    await using bench = await openBench('RFC 2217', 'ROM');
    expect(await bench.run('--chip', 'esp32', 'read-mac')).toMatch(/MAC: +24:0a:0a:c4:12:34/);
  });
});
