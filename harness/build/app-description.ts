import type { EspImage } from './esp-image.ts';

/**
 * Who an application is: 256 bytes at the start of the image's first segment, offset 0x20 of the file.
 *
 * @see ESP-IDF `components/esp_app_format/include/esp_app_desc.h` (esp_app_desc_t)
 */
export interface AppDescription {
  /** At most 31 bytes, as are `projectName` and `idfVersion`. */
  readonly version: string;
  readonly projectName: string;
  /** `__TIME__` and `__DATE__` of the build, at most 15 characters each. */
  readonly time: string;
  readonly date: string;
  readonly idfVersion: string;
  /** SHA-256 of the ELF file, 64 hex digits; all 0 when it was never filled in. */
  readonly elfSha256: string;
}

export const APP_DESCRIPTION_LENGTH = 256;
/** ESP_APP_DESC_MAGIC_WORD */
const MAGIC = 0xabcd5432;

const VERSION = { at: 16, length: 32 };
const PROJECT_NAME = { at: 48, length: 32 };
const TIME = { at: 80, length: 16 };
const DATE = { at: 96, length: 16 };
const IDF_VERSION = { at: 112, length: 32 };
/** Where the SHA-256 of the ELF file stands in the description. */
export const ELF_SHA256_AT = 144;
const MAX_EFUSE_BLOCK_REVISION_AT = 178;
const MMU_PAGE_SIZE_AT = 180;

/** The application's description, or `undefined` when the image has none (a bootloader, for one). */
export function readAppDescription(image: EspImage): AppDescription | undefined {
  const data = image.segments[0]?.data;
  return data === undefined ? undefined : parseAppDescription(data);
}

/** Reads a description from the start of `bytes`; `undefined` when there is none. */
export function parseAppDescription(bytes: Buffer): AppDescription | undefined {
  if (bytes.length < APP_DESCRIPTION_LENGTH || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  return {
    version: readText(bytes, VERSION),
    projectName: readText(bytes, PROJECT_NAME),
    time: readText(bytes, TIME),
    date: readText(bytes, DATE),
    idfVersion: readText(bytes, IDF_VERSION),
    elfSha256: bytes.toString('hex', ELF_SHA256_AT, ELF_SHA256_AT + 32),
  };
}

/** The description's 256 bytes. A text that is too long is cut, as ESP-IDF's build does. */
export function writeAppDescription(description: AppDescription): Buffer {
  const bytes = Buffer.alloc(APP_DESCRIPTION_LENGTH);
  bytes.writeUInt32LE(MAGIC, 0);
  writeText(bytes, VERSION, description.version);
  writeText(bytes, PROJECT_NAME, description.projectName);
  writeText(bytes, TIME, description.time);
  writeText(bytes, DATE, description.date);
  writeText(bytes, IDF_VERSION, description.idfVersion);
  bytes.write(description.elfSha256, ELF_SHA256_AT, 32, 'hex');
  bytes.writeUInt16LE(99, MAX_EFUSE_BLOCK_REVISION_AT);
  bytes[MMU_PAGE_SIZE_AT] = 16; // as a power of two: 64 KiB
  return bytes;
}

interface TextField {
  readonly at: number;
  readonly length: number;
}

function readText(bytes: Buffer, { at, length }: TextField): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function writeText(bytes: Buffer, { at, length }: TextField, text: string): void {
  bytes.write(text, at, length - 1, 'utf8');
}
