import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Partition } from '../../../build/partition-table.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  appImage,
  APP_OFFSET,
  chipImage,
  fullFlash,
  otaData,
  load,
  PARTITIONS,
} from '../testing/flash-contents.ts';
import { bootFromFlash, bootIntoLoader } from './boot-rom.ts';
import type { BootEnd } from './boot.ts';
import { FlashChip } from './flash-chip.ts';

let folder: string;
let flash: FlashChip;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boot-rom-'));
  flash = FlashChip.open(join(folder, 'flash.bin'));
});
afterAll(() => {
  flash[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** Boots `contents`: its log as it stands on the wire, and its end. */
function boot(
  contents: Uint8Array,
  cause: Parameters<typeof bootFromFlash>[1] = 'power-on',
): { log: string; end: BootEnd } {
  load(flash, contents);
  const { texts, end } = bootFromFlash(flash, cause);
  return { log: texts.map(({ text }) => text).join(''), end };
}

/** The lines from the application image's first one on, without their times: what comes before never changes. */
function appLines(log: string): string[] {
  const lines = log.trimEnd().split('\r\n');
  return lines.slice(lines.findIndex((line) => line.endsWith('End of partition table')) + 1).map(withoutTime);
}

function withoutTime(line: string): string {
  return line.replace(/^([EWI]) \(\d+\) /, '$1 ');
}

const program = Buffer.from('program of 20 bytes.');
const good = fullFlash(appImage(program));

function changed(contents: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(contents);
  copy[at] = byte;
  return copy;
}

const BANNER = ['ets Jul 29 2019 12:21:46', '', 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)'];
const BOOTLOADER_LOADED = [
  ...BANNER,
  'configsip: 0, SPIWP:0xee',
  'clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00',
  'mode:DIO, clock div:2',
  'load:0x3fff0030,len:80',
  'load:0x40078000,len:64',
];

describe('a good image', () => {
  test('gives the boot log, byte by byte', () => {
    const { log, end } = boot(good);
    const lines = [
      ...BOOTLOADER_LOADED,
      'entry 0x400806f4',
      'I (13) boot: ESP-IDF v5.5.5 2nd stage bootloader',
      'I (17) boot: compile time Jul 16 2026 10:11:12',
      'I (22) boot: Multicore bootloader',
      'I (25) boot: chip revision: v3.0',
      'I (28) boot.esp32: SPI Speed      : 40MHz',
      'I (31) boot.esp32: SPI Mode       : DIO',
      'I (35) boot.esp32: SPI Flash Size : 4MB',
      'I (38) boot: Enabling RNG early entropy source...',
      'I (48) boot: Partition Table:',
      'I (48) boot: ## Label            Usage          Type ST Offset   Length',
      'I (52) boot:  0 nvs              WiFi data        01 02 00009000 00006000',
      'I (58) boot:  1 phy_init         RF data          01 01 0000f000 00001000',
      'I (65) boot:  2 factory          factory app      00 00 00010000 00100000',
      'I (71) boot: End of partition table',
      'I (75) esp_image: segment 0: paddr=00010020 vaddr=3f400020 size=00124h (   292) map',
      'I (82) boot: Loaded app from partition at offset 0x10000',
      'I (87) boot: Disabling RNG early entropy source...',
    ];
    expect(log).toBe(lines.map((line) => `${line}\r\n`).join(''));
    expect(end).toEqual({ kind: 'run', program });
  });

  test('takes as long as its text takes at 115200 Bd', () => {
    load(flash, good);
    const { texts, endUs } = bootFromFlash(flash, 'power-on');
    const bytes = texts.reduce((sum, { text }) => sum + text.length, 0);
    const wireUs = (bytes * 10 * 1e6) / 115200;
    expect(endUs).toBeGreaterThan(wireUs);
    expect(endUs).toBeLessThan(wireUs + 10_000);
  });

  test.each([
    ['software', 'rst:0xc (SW_CPU_RESET)'],
    ['panic', 'rst:0xc (SW_CPU_RESET)'],
    ['bootloader', 'rst:0x3 (SW_RESET)'],
    ['rom-watchdog', 'rst:0x10 (RTCWDT_RTC_RESET)'],
  ] as const)('after a %s reset the banner says so', (cause, name) => {
    expect(boot(good, cause).log.split('\r\n')[2]).toBe(`${name},boot:0x13 (SPI_FAST_FLASH_BOOT)`);
  });
});

describe('no bootloader', () => {
  test('an empty flash: the ROM tries until its watchdog bites', () => {
    const { log, end } = boot(Buffer.alloc(0));
    expect(log.split('\r\n')).toEqual([
      ...BANNER,
      ...Array.from({ length: 9 }, () => 'invalid header: 0xffffffff'),
      '',
    ]);
    expect(end).toEqual({ kind: 'reset', cause: 'rom-watchdog' });
  });

  test('a flipped bit in the bootloader', () => {
    const { log, end } = boot(changed(good, 0x1088, 0x37));
    expect(log.trimEnd().split('\r\n')).toEqual([
      ...BOOTLOADER_LOADED,
      'csum err:0x8d!=0x8c',
      'ets_main.c 384',
    ]);
    expect(end).toEqual({ kind: 'reset', cause: 'rom-watchdog' });
  });

  test('an application at the place of the bootloader', () => {
    const flashed = Buffer.alloc(0x2000, 0xff);
    appImage(program).copy(flashed, 0x1000);
    const { log, end } = boot(flashed);
    expect(log.trimEnd().split('\r\n').at(-1)).toBe('load:0x3f400020,len:292');
    expect(end).toEqual({ kind: 'reset', cause: 'rom-watchdog' });
  });
});

describe('no partition table', () => {
  const cases = [
    [
      'zeros',
      (contents: Buffer) => contents.fill(0, 0x8000, 0x8c00),
      ['E flash_parts: partition 0 invalid magic number 0x0'],
    ],
    [
      'a flipped bit',
      (contents: Buffer) => contents.fill(0x07, 0x8008, 0x8009),
      ['E flash_parts: Incorrect MD5 checksum'],
    ],
  ] as const;
  test.each(cases)('%s', (_, damage, said) => {
    const { log, end } = boot(damage(Buffer.from(good)));
    const lines = log.trimEnd().split('\r\n').map(withoutTime);
    expect(lines.slice(lines.indexOf('I boot: Enabling RNG early entropy source...') + 1)).toEqual([
      ...said,
      'E boot: Failed to verify partition table',
      'E boot: load partition table error!',
    ]);
    expect(end).toEqual({ kind: 'reset', cause: 'bootloader' });
  });

  test('erased: an empty table', () => {
    const { log, end } = boot(Buffer.from(good).fill(0xff, 0x8000, 0x8c00));
    expect(appLines(log)).toEqual(['E boot: No bootable app partitions in the partition table']);
    expect(end).toEqual({ kind: 'reset', cause: 'bootloader' });
  });
});

describe('a bad application', () => {
  const notBootable = [
    'E boot: Factory app partition is not bootable',
    'E boot: No bootable app partitions in the partition table',
  ];
  const segment = 'I esp_image: segment 0: paddr=00010020 vaddr=3f400020 size=00124h (   292) map';
  const hashAt = good.length - 32;
  const cases: readonly (readonly [string, Buffer, readonly string[]])[] = [
    [
      'nothing there',
      good.subarray(0, APP_OFFSET),
      ['E esp_image: image at 0x10000 has invalid magic byte (nothing flashed here?)'],
    ],
    [
      'a flipped bit in a segment',
      changed(good, APP_OFFSET + 0x40, 0x01),
      [segment, 'E esp_image: Checksum failed. Calculated 0xbd read 0xbc'],
    ],
    [
      'a flipped bit in the header',
      changed(good, APP_OFFSET + 4, 0xf5),
      [segment, 'E esp_image: Image hash failed - image is corrupt'],
    ],
    [
      'a flipped bit in the hash',
      changed(good, hashAt, (good[hashAt] ?? 0) ^ 1),
      [segment, 'E esp_image: Image hash failed - image is corrupt'],
    ],
    [
      'an image for another chip',
      changed(good, APP_OFFSET + 12, 5),
      ['E boot_comm: mismatch chip ID, expected 0, found 5'],
    ],
    [
      'an impossible segment length',
      changed(good, APP_OFFSET + 28, 0x25),
      ['E esp_image: invalid segment length 0x125'],
    ],
    [
      'a segment at the wrong place',
      changed(good, APP_OFFSET + 24, 0x24),
      ["E esp_image: Segment 0 load address 0x3f400024, doesn't match data 0x00010020"],
    ],
  ];
  test.each(cases)('%s', (_, contents, said) => {
    const { log, end } = boot(contents);
    expect(appLines(log)).toEqual([...said, ...notBootable]);
    expect(end).toEqual({ kind: 'reset', cause: 'bootloader' });
  });

  test('longer than its partition', () => {
    const [nvs, phy, factory] = PARTITIONS;
    const small = [nvs, phy, factory && { ...factory, size: 0x100 }].filter((row) => row !== undefined);
    expect(appLines(boot(fullFlash(appImage(program), small)).log)).toEqual([
      segment,
      "E esp_image: Image length 368 doesn't fit in partition length 256",
      ...notBootable,
    ]);
  });
});

describe('OTA', () => {
  const rows: readonly Partition[] = [
    { label: 'otadata', type: 1, subtype: 0, offset: 0xd000, size: 0x2000, flags: 0 },
    { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x10000, flags: 0 },
    { label: 'ota_0', type: 0, subtype: 0x10, offset: 0x20000, size: 0x10000, flags: 0 },
    { label: 'ota_1', type: 0, subtype: 0x11, offset: 0x30000, size: 0x10000, flags: 0 },
  ];
  const app = appImage(program);

  /** A flash with these applications and this OTA data. */
  function withApps(partitions: readonly Partition[], offsets: readonly number[], data?: Buffer): Buffer {
    const contents = Buffer.alloc(0x40000, 0xff);
    fullFlash(Buffer.alloc(0), partitions).copy(contents);
    for (const offset of offsets) app.copy(contents, offset);
    data?.copy(contents, 0xd000);
    return contents;
  }

  const apps = [0x10000, 0x20000, 0x30000];
  const unsure = otaData(1);
  unsure[28] = (unsure[28] ?? 0) ^ 1;
  const noFactory = rows.filter(({ label }) => label !== 'factory');

  test.each([
    ['nothing chosen: factory', rows, apps, undefined, 0x10000, 'Defaulting to factory image'],
    [
      'nothing chosen and no factory: slot 0',
      noFactory,
      apps,
      undefined,
      0x20000,
      'No factory image, trying OTA 0',
    ],
    ['slot 0 chosen', rows, apps, otaData(1), 0x20000, 'End of partition table'],
    ['slot 1 chosen last', rows, apps, otaData(3, 4), 0x30000, 'End of partition table'],
    ['slot 0 chosen last', rows, apps, otaData(3, 2), 0x20000, 'End of partition table'],
    [
      'slot 1 chosen and empty: slot 0',
      rows,
      [0x10000, 0x20000],
      otaData(2),
      0x20000,
      'OTA app partition slot 1 is not bootable',
    ],
    [
      'slot 0 chosen, only 1 is there',
      rows,
      [0x30000],
      otaData(1),
      0x30000,
      'Factory app partition is not bootable',
    ],
    [
      'a choice that is damaged',
      rows,
      apps,
      unsure,
      0x10000,
      'ota data partition invalid, falling back to factory',
    ],
  ] as const)('%s', (_, partitions, offsets, data, booted, said) => {
    const { log, end } = boot(withApps(partitions, offsets, data));
    expect(log).toContain(`boot: ${said}\r\n`);
    expect(log).toContain(`Loaded app from partition at offset 0x${booted.toString(16)}\r\n`);
    expect(end.kind).toBe('run');
  });
});

test('an application for a real chip boots as far as an emulation without a CPU can', () => {
  const { log, end } = boot(fullFlash(chipImage()));
  expect(appLines(log)).toEqual([
    'I esp_image: segment 0: paddr=00010020 vaddr=3f400020 size=00100h (   256) map',
    'I esp_image: segment 1: paddr=00010128 vaddr=3ffb0000 size=00020h (    32) load',
    'I esp_image: segment 2: paddr=00010150 vaddr=00000000 size=00010h (    16) ',
    'I boot: Loaded app from partition at offset 0x10000',
    'I boot: Disabling RNG early entropy source...',
    'E virtual_board: The app is machine code for a real chip, without a program for this host: halted',
  ]);
  expect(end).toEqual({ kind: 'halt' });
});

test('a bootloader without a description, as before ESP-IDF v5.2', () => {
  // Its first byte is what tells; without it the checksum is another.
  const { log, end } = boot(changed(changed(good, 0x1020, 0), 0x10bf, 0x8c ^ 0x50));
  expect(log).toContain('boot: ESP-IDF v5.1 or older 2nd stage bootloader\r\n');
  expect(log).not.toContain('compile time');
  expect(end.kind).toBe('run');
});

test('the loader says where it is', () => {
  expect(
    bootIntoLoader('power-on')
      .map(({ text }) => text)
      .join(''),
  ).toBe(
    'ets Jul 29 2019 12:21:46\r\n\r\n' +
      'rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n' +
      'waiting for download\r\n',
  );
});
