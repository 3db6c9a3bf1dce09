import { expect, test } from 'vitest';
import { heapAtStart } from './heap-regions.ts';
import { linesOf } from './testdata/console.ts';

/** Of an ESP32-C3 with ESP-IDF v6.0.2. */
const boot = `I (105) spi_flash: flash io: dio
I (106) heap_init: Initializing. RAM available for dynamic allocation:
I (106) heap_init: At 3FC8D540 len 00032AC0 (202 KiB): RAM
I (106) heap_init: At 3FCC0000 len 0001C710 (113 KiB): Retention RAM
I (107) heap_init: At 3FCDC710 len 00002950 (10 KiB): Retention RAM
I (107) heap_init: At 50000024 len 00001FC4 (7 KiB): RTCRAM
I (108) main_task: Started on CPU0`;
const bytes = 0x32ac0 + 0x1c710 + 0x2950 + 0x1fc4;

test('the regions of the boot log add up', () => {
  expect(heapAtStart(linesOf(boot))).toBe(bytes);
});

test('with colours, too', () => {
  const coloured = boot.replaceAll(/^I .*$/gm, '\x1b[0;32m$&\x1b[0m');
  expect(heapAtStart(linesOf(coloured))).toBe(bytes);
});

test('of two boots, the last one counts', () => {
  const second = boot.replace('00032AC0', '00030000');
  expect(heapAtStart(linesOf(`${boot}\n${second}`))).toBe(bytes - 0x2ac0);
});

test('a log without them tells nothing', () => {
  expect(heapAtStart(linesOf('I (1) main_task: Started on CPU0'))).toBeUndefined();
});

test('a line that came damaged makes no smaller heap', () => {
  const lines = linesOf(boot).map((line, at) => (at === 3 ? { ...line, rawHex: 'ff' } : line));
  expect(heapAtStart(lines)).toBeUndefined();
});
