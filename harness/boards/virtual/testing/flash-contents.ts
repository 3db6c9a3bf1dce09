/** Flash contents for the tests of the virtual board, made of the same parts as a build directory's. */
import { crc32 } from 'node:zlib';
import { serialiseImage } from '../../../build/esp-image.ts';
import type { ImageSegment } from '../../../build/esp-image.ts';
import { packHostProgram } from '../../../build/host-program.ts';
import { serialisePartitionTable } from '../../../build/partition-table.ts';
import type { Partition } from '../../../build/partition-table.ts';
import type { FlashChip } from '../chip/flash-chip.ts';

export const APP_OFFSET = 0x10000;

export const PARTITIONS: readonly Partition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
  { label: 'factory', type: 0, subtype: 0, offset: APP_OFFSET, size: 0x100000, flags: 0 },
];

/** A bootloader image as ESP-IDF v5.2 and later make it: its description stands in front. */
export function bootloaderImage(): Buffer {
  const description = Buffer.alloc(80);
  description[0] = 0x50;
  description.write('v5.5.5', 8, 'latin1');
  description.write('Jul 16 2026 10:11:12', 40, 'latin1');
  return image([
    { loadAddress: 0x3fff0030, data: description },
    { loadAddress: 0x40078000, data: Buffer.alloc(64, 0x36) },
  ]);
}

/** An application image that carries `program`, an executable file of this host. */
export function appImage(program: Uint8Array): Buffer {
  const description = Buffer.alloc(256);
  description.writeUInt32LE(0xabcd5432, 0);
  return image([{ loadAddress: 0x3f400020, data: packHostProgram(description, program) }]);
}

/** An application image as a real chip runs it. */
export function chipImage(): Buffer {
  return image([
    { loadAddress: 0x3f400020, data: Buffer.alloc(256, 0x11) },
    { loadAddress: 0x3ffb0000, data: Buffer.alloc(32, 0x22) },
    { loadAddress: 0x00000000, data: Buffer.alloc(16) },
  ]);
}

/** The data of an OTA update: what `esp_ota_set_boot_partition()` leaves behind, one entry for each sector. */
export function otaData(...sequences: readonly number[]): Buffer {
  const data = Buffer.alloc(0x2000, 0xff);
  sequences.forEach((sequence, index) => {
    data.writeUInt32LE(sequence, index * 0x1000);
    data.writeUInt32LE(
      crc32(data.subarray(index * 0x1000, index * 0x1000 + 4), 0xffff_ffff),
      index * 0x1000 + 28,
    );
  });
  return data;
}

/** What a flash holds after a build was flashed. */
export function fullFlash(app: Uint8Array, partitions: readonly Partition[] = PARTITIONS): Buffer {
  const flash = Buffer.alloc(APP_OFFSET + app.length, 0xff);
  bootloaderImage().copy(flash, 0x1000);
  serialisePartitionTable(partitions).copy(flash, 0x8000);
  flash.set(app, APP_OFFSET);
  return flash;
}

/** Erases the chip and writes `contents` from its start on. */
export function load(flash: FlashChip, contents: Uint8Array): void {
  flash.erase(0, 4 * 1024 * 1024);
  flash.program(0, contents);
}

function image(segments: readonly ImageSegment[]): Buffer {
  return serialiseImage({
    chipId: 0,
    entry: 0x400806f4,
    flash: { mode: 'dio', freq: '40m', size: '4MB' },
    segments,
    hashAppended: true,
    minRevision: 0,
    maxRevision: 399,
  });
}
