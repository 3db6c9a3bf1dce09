/** The unmodified esptool, 4 and 5, against the virtual board, which is made to fail in each way that a board can. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Fault } from '../boards/parts/fault.ts';
import { startVirtualBoard, type VirtualBoard } from '../boards/virtual/virtual-board.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { pythonWithPyserial, startProgram } from '../serial/testdata/outside-programs.ts';
import { hasSocat, startPtyPair } from '../serial/testdata/pty-pair.ts';
import { flashByEsptool } from './esptool-flasher.ts';
import { askVersion, type Esptool } from './find-esptool.ts';
import type { FlashRequest } from './flasher.ts';

let folder: string;
let build: BuildDirectory;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'esptool-flasher-'));
  const image = (name: string, offset: number, data: Buffer): { offset: number; path: string } => {
    writeFileSync(join(folder, name), data);
    return { offset, path: join(folder, name) };
  };
  build = {
    dir: folder,
    projectName: 'test',
    projectVersion: '1',
    idfVersion: 'v6.0',
    target: 'esp32',
    appElfPath: '',
    toolPrefix: '',
    flashFiles: [
      image('bootloader.bin', 0x1000, randomBytes(20_000)),
      image('partition-table.bin', 0x8000, randomBytes(3_072)),
      image('app.bin', 0x10000, randomBytes(200_000)),
    ],
    flashSettings: { mode: 'dio', freq: '40m', size: '4MB' },
    config: {},
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Setting extends AsyncDisposable {
  readonly board: VirtualBoard;
  flash(options?: Partial<FlashRequest>): ReturnType<ReturnType<typeof flashByEsptool>>;
  /** What the board's flash holds at the app's offset. */
  app(): Buffer;
}

let boards = 0;

async function open(
  esptool: Esptool,
  faults: Fault[] = [],
  more: { paceLoader?: boolean } = {},
): Promise<Setting> {
  const flashFile = join(folder, `flash-${++boards}.bin`);
  const board = await startVirtualBoard({ flashFile, pty: true, faults, ...more });
  return {
    board,
    flash: (options) =>
      flashByEsptool(esptool)({
        build,
        path: board.urls.pty ?? '',
        baudRate: 460_800,
        logFile: join(folder, `flash-${boards}.log`),
        ...options,
      }),
    app: () => readFileSync(flashFile).subarray(0x10000, 0x10000 + 200_000),
    [Symbol.asyncDispose]: () => board[Symbol.asyncDispose](),
  };
}

const versions = [
  ['5', process.env['HIL_ESPTOOL'] ?? 'esptool', 'HIL_ESPTOOL'],
  ['4', process.env['HIL_ESPTOOL_4'] ?? 'none', 'HIL_ESPTOOL_4'],
] as const;

for (const [major, command, variable] of versions) {
  const version = (await askVersion({ command, args: [], env: {} })) ?? 'none';
  const esptool: Esptool = { command, args: [], env: {}, version };
  const skip = !version.startsWith(`${major}.`);
  describe(`esptool ${major} (needs ${variable})`, { timeout: 120_000, concurrent: true }, () => {
    test.skipIf(skip)(
      'writes a build with percent, and writes nothing the second time',
      async ({ expect }) => {
        await using setting = await open(esptool);
        const told: string[] = [];
        const onProgress = (done: number, total: number, what: string): void => {
          told.push(`${what} ${done}/${total}`);
        };
        const first = await setting.flash({ onProgress });
        expect(first).toEqual({
          skipped: false,
          summary: `ESP32-D0WDQ6-V3 (revision v3.0): wrote and verified bootloader, partition-table, app (esptool ${esptool.version})`,
        });
        expect(setting.app().equals(readFileSync(join(folder, 'app.bin')))).toBe(true);
        expect(told.filter((line) => line.startsWith('app ')).length).toBeGreaterThan(5);
        expect(told.at(-1)).toBe('app 100/100');
        const second = await setting.flash();
        expect(second.skipped).toBe(true);
      },
    );

    test.skipIf(skip).for<[Fault, string, string]>([
      ['loader small-flash', 'FLASH_TOO_SMALL', 'does not fit into the board’s flash of 256 KiB'],
      ['loader wrong-md5', 'FLASH_MD5_MISMATCH', 'The flash does not hold what was written'],
      ['loader secure-boot', 'FLASH_SECURE_BOOT', 'The board is locked'],
      ['loader flash-encryption', 'FLASH_ENCRYPTED', "The board's flash is encrypted"],
      ['loader other-chip', 'FLASH_WRONG_CHIP', 'The board has an ESP32-S2, and the build is for an ESP32'],
    ])('%s is told as %s', async ([fault, code, sentence], { expect }) => {
      await using setting = await open(esptool, [fault]);
      const error: unknown = await setting.flash().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, fault: 'bench' });
      expect(String(error).replaceAll("'", '’')).toContain(sentence.replaceAll("'", '’'));
      expect(String(error)).toContain('Next: ');
    });

    test.skipIf(skip)('unplugged half-way, it says where', async ({ expect }) => {
      await using setting = await open(esptool, [], { paceLoader: true });
      let unplugged: Promise<void> | undefined;
      const flashing = setting.flash({
        path: setting.board.urls.socket,
        onProgress: (done, _, what) => {
          if (what === 'app' && done > 10) unplugged ??= setting.board.inject('unplug');
        },
      });
      const error: unknown = await flashing.catch((reason: unknown) => reason);
      await unplugged;
      expect(error).toMatchObject({ code: 'PORT_LOST' });
      expect(String(error)).toMatch(/The serial port was lost while writing at 0x000[1-4]/);
    });

    test.skipIf(skip)('a port that is not there', async ({ expect }) => {
      await using setting = await open(esptool);
      await expect(setting.flash({ path: '/dev/ttyNOPE' })).rejects.toMatchObject({ code: 'PORT_MISSING' });
      await expect(setting.flash({ path: 'socket://127.0.0.1:1' })).rejects.toMatchObject({
        code: 'PORT_REFUSED',
      });
    });

    const why = 'needs socat and HIL_PYTHON or python3 with pyserial';
    const canHold = hasSocat && pythonWithPyserial !== undefined;
    test.skipIf(skip || !canHold)(`a port that another program has open (${why})`, async ({ expect }) => {
      await using pair = await startPtyPair();
      await using setting = await open(esptool);
      const hold =
        'import serial, sys, time; p = serial.Serial(sys.argv[1], exclusive=True); print("open"); time.sleep(60)';
      await using holder = startProgram(pythonWithPyserial ?? '', ['-c', hold, pair.one]);
      await holder.line(/open/);
      const error: unknown = await setting.flash({ path: pair.one }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'PORT_BUSY' });
      expect(String(error)).toMatch(/process \d+: .*import serial/);
    });

    test.skipIf(skip || !hasSocat)('a port where nobody answers (needs socat)', async ({ expect }) => {
      await using pair = await startPtyPair();
      await using setting = await open(esptool);
      const error: unknown = await setting.flash({ path: pair.one }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'FLASH_NO_ANSWER' });
      expect(String(error)).toContain('the board says nothing at all');
    });

    test.skipIf(skip || !hasSocat)('a port where an app talks (needs socat)', async ({ expect }) => {
      await using pair = await startPtyPair();
      await using setting = await open(esptool);
      await using app = startProgram('sh', ['-c', `while :; do echo I am an app; done >${pair.other}`]);
      const error: unknown = await setting.flash({ path: pair.one }).catch((reason: unknown) => reason);
      expect(app.lines).toEqual([]);
      expect(error).toMatchObject({ code: 'FLASH_NO_ANSWER' });
      expect(String(error)).toContain('the app is talking');
    });
  });
}
