import { CHIP_ID_ESP32, serialiseImage, type ImageSegment } from './esp-image.ts';
import { packHostProgram } from './host-program.ts';
import { serialisePartitionTable, type Partition } from './partition-table.ts';
import { writeElfSha256 } from './program-identity.ts';

/** Where things are in the flash: ESP-IDF's defaults for the ESP32. */
export const BOOTLOADER_AT = 0x1000;
export const PARTITION_TABLE_AT = 0x8000;
export const APP_AT = 0x10000;
export const FLASH_SETTINGS = { mode: 'dio', freq: '40m', size: '4MB' } as const;

/** ESP-IDF's "single factory app, no OTA". */
const PARTITIONS: readonly Partition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x6000, flags: 0 },
  { label: 'phy_init', type: 1, subtype: 1, offset: 0xf000, size: 0x1000, flags: 0 },
  { label: 'factory', type: 0, subtype: 0, offset: APP_AT, size: 0x100000, flags: 0 },
];

const DROM_AT = 0x3f400020;
const IRAM_AT = 0x40080400;
const BOOTLOADER_DRAM_AT = 0x3fff0030;
/**
 * `j .` for the Xtensa core, and a zero to fill the word: a real ESP32 that was flashed with a host build loops here
 * until its watchdog resets it.
 */
const LOOP = Buffer.from('06ffff00', 'hex');

/**
 * The application's image: the description, with the SHA-256 of the unstripped ELF file, and the stripped program, whose own
 * description gets the SHA-256, too.
 *
 * @throws RangeError when `stripped` is no ELF file with a description.
 */
export function makeAppImage(stripped: Buffer, elfSha256: string): Buffer {
  const program = Buffer.from(stripped);
  const description = writeElfSha256(program, elfSha256);
  return makeImage([
    { loadAddress: DROM_AT, data: packHostProgram(description, program) },
    { loadAddress: IRAM_AT, data: LOOP },
  ]);
}

/** A bootloader: a valid image that says who it is. The virtual board's own bootloader does the work. */
export function makeBootloaderImage(idfVersion: string, builtAt: string): Buffer {
  return makeImage([
    { loadAddress: BOOTLOADER_DRAM_AT, data: makeBootloaderDescription(idfVersion, builtAt) },
    { loadAddress: IRAM_AT, data: LOOP },
  ]);
}

export function makePartitionTable(): Buffer {
  return serialisePartitionTable(PARTITIONS);
}

/** @see ESP-IDF `components/esp_bootloader_format/include/esp_bootloader_desc.h` (esp_bootloader_desc_t) */
function makeBootloaderDescription(idfVersion: string, builtAt: string): Buffer {
  const description = Buffer.alloc(80);
  description[0] = 80; // the magic byte
  description.writeUInt32LE(1, 4);
  description.write(idfVersion, 8, 31, 'utf8');
  description.write(builtAt, 40, 23, 'utf8');
  return description;
}

function makeImage(segments: readonly ImageSegment[]): Buffer {
  return serialiseImage({
    chipId: CHIP_ID_ESP32,
    entry: IRAM_AT,
    flash: FLASH_SETTINGS,
    segments,
    hashAppended: true,
    minRevision: 0,
    maxRevision: 399,
  });
}
