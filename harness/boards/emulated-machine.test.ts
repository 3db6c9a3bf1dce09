/**
 * Espressif's emulated ESP32-C3 with the ROM of the real chip, behind our door: what talks to it here has to please that ROM.
 * Where there is no such emulator in PATH these tests are skipped, and say so.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flashImages } from '../flash/embedded-flasher.ts';
import { openPort } from '../serial/open-port.ts';
import { resetIntoApp } from '../serial/reset-sequences.ts';
import { machineArgs, machineFor, requireEmulator } from './emulated-machine.ts';
import { startProgramBoard } from './program/program-board.ts';

const machine = machineFor('esp32c3');
const isThere = await requireEmulator(machine).then(
  () => true,
  () => false,
);
const suite = `a real ROM${isThere ? '' : ' (skipped: no Espressif QEMU is in PATH, which knows the machine esp32c3)'}`;

let folder: string;
let flashFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hil-emulator-'));
  flashFile = join(folder, 'flash.bin');
  await writeFile(flashFile, Buffer.alloc(4 * 2 ** 20, 0xff));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function startChip() {
  return startProgramBoard({
    command: machine.command,
    args: machineArgs(machine, { flashFile, network: 'none' }),
    loaderArgs: machine.loaderArgs,
    holdAtPowerOn: true,
  });
}

/** Half of it can't be compressed. */
const app = {
  name: 'app',
  offset: 0x10000,
  data: Buffer.concat([Buffer.alloc(6000, 'firmware'), randomBytes(6000)]),
};

describe.skipIf(!isThere)(suite, { timeout: 120_000 }, () => {
  it("takes an image from the harness's own flasher, once", async () => {
    await using board = await startChip();
    // The emulated UART does not follow a change of its rate (nor for esptool, which takes half a minute to identify this chip).
    const flash = () =>
      flashImages({ path: board.urls.rfc2217, images: [app], baudRate: 115_200, resetHoldMs: 5 });
    expect(await flash()).toMatchObject({ chip: 'ESP32-C3', written: ['app'], skipped: [] });
    const held = await readFile(flashFile);
    expect(held.subarray(app.offset, app.offset + app.data.length)).toEqual(app.data);
    expect(await flash()).toMatchObject({ written: [], skipped: ['app'] });
  });

  it('is refused an image for another chip', async () => {
    await using board = await startChip();
    const data = Buffer.alloc(64);
    data[0] = 0xe9; // The head of an ESP32's image.
    const flashing = flashImages({
      path: board.urls.rfc2217,
      images: [{ name: 'app', offset: 0x10000, data }],
      baudRate: 115_200,
      resetHoldMs: 5,
    });
    await expect(flashing).rejects.toThrow(
      /FLASH_WRONG_CHIP: The board has an ESP32-C3, and the firmware is built for the ESP32 /,
    );
  });

  it('starts anew with each reset', async () => {
    await using board = await startChip();
    await using port = await openPort({
      path: board.urls.rfc2217,
      baudRate: 115_200,
      dtr: false,
      rts: false,
    });
    const lines = createInterface({ input: port })[Symbol.asyncIterator]();
    for (let reset = 0; reset < 2; reset++) {
      await resetIntoApp(port, { holdMs: 5 });
      let line = '';
      while (!line.startsWith('ESP-ROM:'))
        line = ((await lines.next()) as IteratorResult<string, string>).value;
      expect(line).toBe('ESP-ROM:esp32c3-api1-20210207');
    }
  });
});
