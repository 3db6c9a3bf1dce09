import {
  parsePartitionTable,
  PartitionTableError,
  PARTITION_TABLE_LENGTH,
} from '../../../build/partition-table.ts';
import type { Partition } from '../../../build/partition-table.ts';
import { loadApplication } from './app-loader.ts';
import type { BootConsole } from './boot-console.ts';
import { bootOrder } from './boot-order.ts';
import { BootRefusal } from './boot-refusal.ts';
import type { BootEnd } from './boot.ts';
import { BOOTLOADER_OFFSET, FLASH_SIZE, PARTITION_TABLE_OFFSET } from './flash-chip.ts';
import type { FlashChip } from './flash-chip.ts';
import { isTestApp, nameOfApp, usageOf } from './partition-kinds.ts';
import type { ResetCause } from './reset-cause.ts';

const SPI_SPEEDS: ReadonlyMap<number, string> = new Map([
  [0x0, '40MHz'],
  [0x1, '26.7MHz'],
  [0x2, '20MHz'],
  [0xf, '80MHz'],
]);
const SPI_MODES = ['QIO', 'QOUT', 'DIO', 'DOUT'];
const FLASH_SIZES = ['1MB', '2MB', '4MB', '8MB', '16MB'];

/** Bringing up the noise source for the random numbers. */
const RNG_US = 5000;

/**
 * ESP-IDF's second-stage bootloader: reads the partition table and starts the first application that is intact.
 *
 * @see ESP-IDF `components/bootloader_support/src/bootloader_utility.c`
 */
export function runBootloader(flash: FlashChip, console: BootConsole, cause: ResetCause): BootEnd {
  printIdentity(flash, console, cause);
  const partitions = readPartitionTable(flash, console);
  if (partitions === undefined) {
    console.log('E', 'boot', 'load partition table error!');
    return { kind: 'reset', cause: 'bootloader' };
  }
  for (const partition of bootOrder(flash, partitions, console)) {
    const end = loadApplication(flash, partition, console);
    if (end !== undefined) return end;
    if (!isTestApp(partition)) console.log('E', 'boot', `${nameOfApp(partition)} is not bootable`);
  }
  console.log('E', 'boot', 'No bootable app partitions in the partition table');
  return { kind: 'reset', cause: 'bootloader' };
}

function printIdentity(flash: FlashChip, console: BootConsole, cause: ResetCause): void {
  const image = flash.read(BOOTLOADER_OFFSET, PARTITION_TABLE_OFFSET - BOOTLOADER_OFFSET);
  const [, , mode = 0, speedAndSize = 0] = image;
  const { idfVersion, compileTime } = describe(image);
  console.log('I', 'boot', `ESP-IDF ${idfVersion} 2nd stage bootloader`);
  if (compileTime !== undefined) console.log('I', 'boot', `compile time ${compileTime}`);
  console.log('I', 'boot', 'Multicore bootloader');
  console.log('I', 'boot', 'chip revision: v3.0');
  console.log('I', 'boot.esp32', `SPI Speed      : ${SPI_SPEEDS.get(speedAndSize & 0xf) ?? '20MHz'}`);
  console.log('I', 'boot.esp32', `SPI Mode       : ${SPI_MODES[mode] ?? 'SLOW READ'}`);
  console.log('I', 'boot.esp32', `SPI Flash Size : ${FLASH_SIZES[speedAndSize >> 4] ?? '2MB'}`);
  if (cause === 'rom-watchdog' || cause === 'other-watchdog') {
    console.log('W', 'boot.esp32', 'PRO CPU has been reset by WDT.');
  }
  console.log('I', 'boot', 'Enabling RNG early entropy source...');
  console.work(RNG_US);
}

/**
 * Who built the bootloader. Since v5.2 it says so in the image, in `esp_bootloader_desc_t`, at the start of its first
 * segment.
 */
function describe(image: Buffer): { idfVersion: string; compileTime?: string } {
  const description = image.subarray(32, 32 + 80);
  if (description[0] !== 0x50) return { idfVersion: 'v5.1 or older' };
  return { idfVersion: textAt(description, 8, 32), compileTime: textAt(description, 40, 24) };
}

function readPartitionTable(flash: FlashChip, console: BootConsole): readonly Partition[] | undefined {
  let partitions: readonly Partition[];
  try {
    partitions = verifyPartitionTable(flash.read(PARTITION_TABLE_OFFSET, PARTITION_TABLE_LENGTH));
  } catch (error) {
    if (!(error instanceof BootRefusal)) throw error;
    console.log('E', error.tag, error.message);
    console.log('E', 'boot', 'Failed to verify partition table');
    return undefined;
  }
  console.log('I', 'boot', 'Partition Table:');
  console.log('I', 'boot', '## Label            Usage          Type ST Offset   Length');
  for (const [index, partition] of partitions.entries()) {
    const columns = [
      index.toString().padStart(2),
      partition.label.padEnd(16),
      usageOf(partition).padEnd(16),
      hex(partition.type, 2),
      hex(partition.subtype, 2),
      hex(partition.offset, 8),
      hex(partition.size, 8),
    ];
    console.log('I', 'boot', columns.join(' '));
  }
  console.log('I', 'boot', 'End of partition table');
  return partitions;
}

/** @see ESP-IDF `components/bootloader_support/src/flash_partitions.c` */
function verifyPartitionTable(table: Buffer): readonly Partition[] {
  // An erased table ends before its first row: to the bootloader that is a table, an empty one.
  if (table.subarray(0, 32).every((byte) => byte === 0xff)) return [];
  const partitions = parse(table);
  for (const [index, { offset, size }] of partitions.entries()) {
    if (offset + size > FLASH_SIZE) {
      throw new BootRefusal(
        'flash_parts',
        `partition ${index} invalid - offset 0x${hex(offset)} size 0x${hex(size)} exceeds flash chip size 0x${hex(FLASH_SIZE)}`,
      );
    }
  }
  return partitions;
}

function parse(table: Buffer): readonly Partition[] {
  try {
    return parsePartitionTable(table);
  } catch (error) {
    if (!(error instanceof PartitionTableError)) throw error;
    throw new BootRefusal('flash_parts', describeDefect(error));
  }
}

function describeDefect({ defect, row, magic = 0 }: PartitionTableError): string {
  switch (defect) {
    case 'magic':
      return `partition ${row} invalid magic number 0x${hex(magic)}`;
    case 'md5':
      return 'Incorrect MD5 checksum';
    case 'end':
      return 'partition table has no terminating entry, not valid';
  }
}

function textAt(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}

function hex(value: number, digits = 0): string {
  return value.toString(16).padStart(digits, '0');
}
