import { createHash } from 'node:crypto';
import { parseImage } from '../../../build/esp-image.ts';
import { findHostProgram } from '../../../build/host-program.ts';
import type { Partition } from '../../../build/partition-table.ts';
import type { BootConsole } from './boot-console.ts';
import type { BootEnd } from './boot.ts';
import { BootRefusal } from './boot-refusal.ts';
import type { FlashChip } from './flash-chip.ts';

const TAG = 'esp_image';

const IMAGE_MAGIC = 0xe9;
const HEADER_LENGTH = 24;
const SEGMENT_HEADER_LENGTH = 8;
const MAX_SEGMENTS = 16;
const MAX_SEGMENT_LENGTH = 16 * 1024 * 1024;
const HASH_LENGTH = 32;
const CHIP_ID_ESP32 = 0;
const CHIP_REVISION = 300;
const MMU_PAGE_SIZE = 0x10000;

/** Reading, checksum and SHA-256 of a segment: a captured boot log shows 216216 bytes in 34 ms. */
const VERIFY_US_PER_KIB = 160;

/**
 * Verifies the application in a partition, as the bootloader does, and says so on the console.
 * `undefined`: it is not bootable.
 *
 * @see ESP-IDF `components/bootloader_support/src/esp_image_format.c` (image_load)
 */
export function loadApplication(
  flash: FlashChip,
  { offset, size }: Partition,
  console: BootConsole,
): BootEnd | undefined {
  if (size === 0) return undefined;
  try {
    verify(flash, offset, size, console);
  } catch (error) {
    if (!(error instanceof BootRefusal)) throw error;
    console.log('E', error.tag, error.message);
    return undefined;
  }
  console.log('I', 'boot', `Loaded app from partition at offset 0x${offset.toString(16)}`);
  console.log('I', 'boot', 'Disabling RNG early entropy source...');
  const program = findHostProgram(parseImage(flash.read(offset, size)));
  if (program !== undefined) return { kind: 'run', program };
  console.log(
    'E',
    'virtual_board',
    'The app is machine code for a real chip, without a program for this host: halted',
  );
  return { kind: 'halt' };
}

function verify(flash: FlashChip, offset: number, size: number, console: BootConsole): void {
  const header = flash.read(offset, HEADER_LENGTH);
  verifyHeader(header, offset);

  let checksum = 0xef;
  let at = offset + HEADER_LENGTH;
  for (let index = 0; index < (header[1] ?? 0); index++) {
    const data = readSegment(flash, at, index, console);
    for (const byte of data) checksum ^= byte;
    at += SEGMENT_HEADER_LENGTH + data.length;
  }

  // The checksum is the last byte of a row of 16.
  const checked = at + 16 - (at % 16);
  const read = flash.read(checked - 1, 1)[0] ?? 0xff;
  if (checksum !== read) {
    throw new BootRefusal(TAG, `Checksum failed. Calculated 0x${hex(checksum)} read 0x${hex(read)}`);
  }
  const hashAppended = header[23] === 1;
  const length = checked - offset + (hashAppended ? HASH_LENGTH : 0);
  if (length > size) {
    throw new BootRefusal(TAG, `Image length ${length} doesn't fit in partition length ${size}`);
  }
  if (hashAppended) {
    const hash = createHash('sha256')
      .update(flash.read(offset, checked - offset))
      .digest();
    if (!hash.equals(flash.read(checked, HASH_LENGTH))) {
      throw new BootRefusal(TAG, 'Image hash failed - image is corrupt');
    }
  }
}

function verifyHeader(header: Buffer, offset: number): void {
  const [magic = 0, segments = 0] = header;
  if (magic !== IMAGE_MAGIC) {
    throw new BootRefusal(TAG, `image at 0x${hex(offset)} has invalid magic byte (nothing flashed here?)`);
  }
  const chipId = header.readUInt16LE(12);
  if (chipId !== CHIP_ID_ESP32) {
    throw new BootRefusal('boot_comm', `mismatch chip ID, expected ${CHIP_ID_ESP32}, found ${chipId}`);
  }
  const minRevision = header.readUInt16LE(15);
  if (minRevision > CHIP_REVISION) {
    throw new BootRefusal(
      'boot_comm',
      `Image requires chip rev >= ${revision(minRevision)}, but chip is ${revision(CHIP_REVISION)}`,
    );
  }
  if (segments > MAX_SEGMENTS) {
    throw new BootRefusal(
      TAG,
      `image at 0x${hex(offset)} segment count ${segments} exceeds max ${MAX_SEGMENTS}`,
    );
  }
}

/** The data of the segment whose header stands at `at`. */
function readSegment(flash: FlashChip, at: number, index: number, console: BootConsole): Buffer {
  const dataAt = at + SEGMENT_HEADER_LENGTH;
  if (!flash.holds(at, SEGMENT_HEADER_LENGTH)) {
    throw new BootRefusal(TAG, `bootloader_flash_read failed at 0x${hex(at, 8)}`);
  }
  const address = flash.read(at, 4).readUInt32LE();
  const length = flash.read(at + 4, 4).readUInt32LE();
  if (length % 4 !== 0 || length >= MAX_SEGMENT_LENGTH) {
    throw new BootRefusal(TAG, `invalid segment length 0x${hex(length)}`);
  }
  if (isMapped(address) && dataAt % MMU_PAGE_SIZE !== address % MMU_PAGE_SIZE) {
    throw new BootRefusal(
      TAG,
      `Segment ${index} load address 0x${hex(address, 8)}, doesn't match data 0x${hex(dataAt, 8)}`,
    );
  }
  const fate = isMapped(address) ? 'map' : isLoaded(address) ? 'load' : '';
  const size = `${hex(length, 5)}h (${length.toString().padStart(6)})`;
  console.log(
    'I',
    TAG,
    `segment ${index}: paddr=${hex(dataAt, 8)} vaddr=${hex(address, 8)} size=${size} ${fate}`,
  );
  if (!flash.holds(dataAt, length)) {
    throw new BootRefusal(TAG, `bootloader_mmap(0x${hex(dataAt)}, 0x${hex(length)}) failed`);
  }
  console.work((length / 1024) * VERIFY_US_PER_KIB);
  return flash.read(dataAt, length);
}

/** Instructions and constants that the cache reads from flash. @see ESP-IDF `soc/esp32/include/soc/soc.h` */
function isMapped(address: number): boolean {
  return (
    (address >= 0x400d_0000 && address < 0x4040_0000) || (address >= 0x3f40_0000 && address < 0x3f80_0000)
  );
}

/** Below are padding blocks, which are not loaded. */
function isLoaded(address: number): boolean {
  return address >= 0x1000_0000;
}

function revision(value: number): string {
  return `v${Math.floor(value / 100)}.${value % 100}`;
}

function hex(value: number, digits = 0): string {
  return value.toString(16).padStart(digits, '0');
}
