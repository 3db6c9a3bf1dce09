import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { BuildDirectory } from '../build/build-directory.ts';
import { serialisePartitionTable, type Partition } from '../build/partition-table.ts';

const PARTITION_TABLE = { offset: 0x8000, file: 'partition_table/partition-table.bin' };
const SLOT = { offset: 0x110000, size: 0x100000 };
const CHOICE = { offset: 0x210000, size: 0x2000 };

/** ESP-IDF's "factory app, two OTA definitions", with one slot and its choice behind it. */
const PARTITIONS: readonly Partition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
  { label: 'factory', type: 0, subtype: 0, offset: 0x10000, size: 0x100000, flags: 0 },
  { label: 'ota_0', type: 0, subtype: 0x10, ...SLOT, flags: 0 },
  { label: 'otadata', type: 1, subtype: 0, ...CHOICE, flags: 0 },
];

/**
 * Makes a build directory that leaves a board as an OTA update has left it: the build is flashed as ever, but `older` is in
 * the OTA slot, and the bootloader is told to start that.
 */
export async function leaveOtaUpdate(build: BuildDirectory, older: BuildDirectory): Promise<void> {
  if (older.app === undefined) throw new Error('a build for a chip has an application');
  const write = (file: string, contents: string | Buffer) => writeFile(join(build.dir, file), contents);
  await write(PARTITION_TABLE.file, serialisePartitionTable(PARTITIONS));
  await write('ota_0.bin', await readFile(older.app.path));
  await write('ota_data.bin', chooseFirstSlot());
  const argsFile = join(build.dir, 'flasher_args.json');
  const args = JSON.parse(await readFile(argsFile, 'utf8')) as { flash_files: Record<string, string> };
  args.flash_files[hex(SLOT.offset)] = 'ota_0.bin';
  args.flash_files[hex(CHOICE.offset)] = 'ota_data.bin';
  await writeFile(argsFile, JSON.stringify(args, null, 4));
}

/** The first of the two `esp_ota_select_entry_t`, of the first update. @see ESP-IDF `esp_flash_partitions.h` */
function chooseFirstSlot(): Buffer {
  const data = Buffer.alloc(CHOICE.size, 0xff);
  data.writeUInt32LE(1, 0);
  data.writeUInt32LE(crc32(data.subarray(0, 4), 0xffff_ffff), 28);
  return data;
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}
