/**
 * `idf.py flash` to its end, through the serial port of an emulated ESP32-C3 with the ROM of the real chip. Where ESP-IDF, its
 * compiler for this chip or the emulator is missing the test is skipped, and says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { machineArgs, machineFor, requireEmulator } from '../boards/emulated-machine.ts';
import { startProgramBoard } from '../boards/program/program-board.ts';
import { findIdf } from '../build/idf/find-idf.ts';
import { buildWithIdf } from '../build/idf/idf-build.ts';
import { findEsptool } from './find-esptool.ts';
import { flashByIdf } from './idf-flasher.ts';

const machine = machineFor('esp32c3');
const hasEmulator = await requireEmulator(machine).then(
  () => true,
  () => false,
);
const missing = [
  ...(process.env['IDF_PATH'] === undefined ? ['IDF_PATH'] : []),
  ...(hasEmulator ? [] : ["Espressif's QEMU with the machine esp32c3"]),
  ...(spawnSync('riscv32-esp-elf-gcc', ['--version']).status === 0 ? [] : ['riscv32-esp-elf-gcc']),
];
const suite = `idf.py flash${missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} missing)`}`;

const scratch = mkdtempSync(join(tmpdir(), 'idf-flasher-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** An app that does nothing. The emulated interrupts lose one now and then under esptool's stub, so the ROM's loader is used. */
const project = {
  'CMakeLists.txt':
    'cmake_minimum_required(VERSION 3.16)\ninclude($ENV{IDF_PATH}/tools/cmake/project.cmake)\nidf_build_set_property(MINIMAL_BUILD ON)\nproject(small)\n',
  'main/CMakeLists.txt': 'idf_component_register(SRCS "main.c")\n',
  'main/main.c': 'void app_main(void) {}\n',
  // Without words, so that there is less to send.
  'sdkconfig.defaults':
    'CONFIG_ESPTOOLPY_NO_STUB=y\nCONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\nCONFIG_COMPILER_OPTIMIZATION_SIZE=y\nCONFIG_LOG_DEFAULT_LEVEL_NONE=y\nCONFIG_BOOTLOADER_LOG_LEVEL_NONE=y\n',
};

describe.skipIf(missing.length > 0)(suite, { timeout: 1_200_000 }, () => {
  it('brings what it has built into the flash, with percent; once more, it writes nothing', async () => {
    const firmwareDir = join(scratch, 'small');
    for (const [name, text] of Object.entries(project)) {
      mkdirSync(dirname(join(firmwareDir, name)), { recursive: true });
      writeFileSync(join(firmwareDir, name), text);
    }
    const idf = await findIdf({});
    const build = await buildWithIdf({
      idf,
      firmwareDir,
      target: machine.name,
      buildDir: join(scratch, 'build'),
      logFile: join(scratch, 'build.log'),
    });
    const esptool = await findEsptool({ idfEnv: idf.env });
    if (esptool === undefined) throw new Error('an ESP-IDF without esptool');
    const flashFile = join(scratch, 'flash.bin');
    writeFileSync(flashFile, Buffer.alloc(4 * 2 ** 20, 0xff));
    await using board = await startProgramBoard({
      command: machine.command,
      args: machineArgs(machine, { flashFile, network: 'none' }),
      loaderArgs: machine.loaderArgs,
      holdAtPowerOn: true,
    });
    const percents: number[] = [];
    const flash = () =>
      flashByIdf({ idf, firmwareDir, esptool })({
        build,
        path: board.urls.rfc2217,
        baudRate: 115_200,
        logFile: join(scratch, 'flash.log'),
        onProgress: (percent) => percents.push(percent),
      });
    expect(await flash()).toMatchObject({
      skipped: false,
      summary: expect.stringMatching(
        /^ESP32-C3 .*: wrote and verified .*small.* \(idf\.py flash, esptool \d/,
      ) as string,
    });
    expect(percents).toContain(100);
    const { offset = 0, path = '' } = build.app ?? {};
    const app = readFileSync(path);
    expect(readFileSync(flashFile).subarray(offset, offset + app.length)).toEqual(app);
    expect(await flash()).toMatchObject({ skipped: true });
  });
});
