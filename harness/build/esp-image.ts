import { createHash } from 'node:crypto';

/**
 * An application or bootloader image as an ESP chip's ROM and second-stage bootloader read it from flash:
 *
 *     header (24) | { load address, length, data } × segments | 00 … checksum to 16 | SHA-256 of all before
 *
 * @see ESP-IDF `components/bootloader_support/include/esp_app_format.h` (esp_image_header_t)
 */
export interface EspImage {
  /** `esp_chip_id_t`: 0 is the ESP32, 5 the ESP32-C3, … */
  readonly chipId: number;
  /** Where the CPU starts. */
  readonly entry: number;
  readonly flash: ImageFlashSettings;
  readonly segments: readonly ImageSegment[];
  /** Whether a SHA-256 of the image follows it. ESP-IDF appends one by default. */
  readonly hashAppended: boolean;
  /** Chip revisions that may run it, as major × 100 + minor. */
  readonly minRevision: number;
  readonly maxRevision: number;
}

/** How the ROM sets up the flash chip before it reads on. */
export interface ImageFlashSettings {
  readonly mode: keyof typeof FLASH_MODES;
  readonly freq: keyof typeof FLASH_FREQUENCIES;
  readonly size: keyof typeof FLASH_SIZES;
}

export interface ImageSegment {
  /** Address in the chip's memory map that the data is loaded to or mapped at. */
  readonly loadAddress: number;
  /** A multiple of 4 bytes long. */
  readonly data: Buffer;
}

/**
 * What is wrong with an image. `magic`: no image here. `segments`: their number or a length is impossible.
 * `truncated`: the data ends before the image does. `checksum`, `hash`: the contents were changed.
 */
export type ImageDefect = 'magic' | 'segments' | 'checksum' | 'hash' | 'truncated';

/** The bytes are no intact image. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly defect: ImageDefect;
  /** What the field must be, in hex digits without `0x`; absent where there is no such value. */
  readonly calculated: string | undefined;
  /** What was read instead, likewise. */
  readonly read: string | undefined;

  constructor(defect: ImageDefect, message: string, values: { calculated?: string; read?: string } = {}) {
    super(message);
    this.defect = defect;
    this.calculated = values.calculated;
    this.read = values.read;
  }
}

export const CHIP_ID_ESP32 = 0;
/** The first byte of every image. */
export const IMAGE_MAGIC = 0xe9;

const HEADER_LENGTH = 24;
const SEGMENT_HEADER_LENGTH = 8;
const HASH_LENGTH = 32;
const CHECKSUM_SEED = 0xef;
/** ESP_IMAGE_MAX_SEGMENTS */
const MAX_SEGMENTS = 16;
/** The bootloader takes no segment of 16 MB or more. */
const MAX_SEGMENT_LENGTH = 16 * 1024 * 1024;
/** ESP32: the write-protect pin is whatever the eFuses say. */
const WP_PIN_DISABLED = 0xee;

const FLASH_MODES = { qio: 0, qout: 1, dio: 2, dout: 3 } as const;
const FLASH_FREQUENCIES = { '40m': 0, '26m': 1, '20m': 2, '80m': 0xf } as const;
const FLASH_SIZES = { '1MB': 0, '2MB': 1, '4MB': 2, '8MB': 3, '16MB': 4 } as const;

/** The image's bytes, ready to be flashed. */
export function serialiseImage(image: EspImage): Buffer {
  const body = Buffer.concat([serialiseHeader(image), ...image.segments.map(serialiseSegment)]);
  // The checksum is the last byte of a 16-byte row; zeros fill the row before it.
  const padding = Buffer.alloc(paddedLength(body.length) - body.length);
  padding[padding.length - 1] = checksumOf(image.segments);
  const checked = Buffer.concat([body, padding]);
  return image.hashAppended ? Buffer.concat([checked, sha256(checked)]) : checked;
}

/**
 * Reads and verifies the image at the start of `bytes`; what follows it (the rest of a partition) is ignored.
 *
 * @throws {@link ImageError} as the bootloader would refuse it.
 */
export function parseImage(bytes: Uint8Array): EspImage {
  const { header, segments, end } = readLayout(bytes);
  const checked = paddedLength(end);
  const length = checked + (header[23] === 0 ? 0 : HASH_LENGTH);
  if (bytes.length < length) throw truncated(length, bytes.length);

  const calculated = checksumOf(segments);
  const read = bytes[checked - 1] ?? 0;
  if (calculated !== read) {
    throw new ImageError(
      'checksum',
      `Checksum of the image is 0x${read.toString(16)}, must be 0x${calculated.toString(16)}`,
      { calculated: calculated.toString(16), read: read.toString(16) },
    );
  }
  if (header[23] !== 0) verifyHash(bytes.subarray(0, checked), bytes.subarray(checked, length));

  return {
    chipId: header.readUInt16LE(12),
    entry: header.readUInt32LE(4),
    flash: {
      mode: nameOf(FLASH_MODES, header[2] ?? 0, 'mode'),
      freq: nameOf(FLASH_FREQUENCIES, (header[3] ?? 0) & 0xf, 'frequency'),
      size: nameOf(FLASH_SIZES, (header[3] ?? 0) >> 4, 'size'),
    },
    segments,
    hashAppended: header[23] !== 0,
    minRevision: header.readUInt16LE(15),
    maxRevision: header.readUInt16LE(17),
  };
}

/**
 * Length in bytes of the image at the start of `bytes`, with checksum and hash. Only its layout is looked at.
 *
 * @throws {@link ImageError} with `magic`, `segments` or `truncated` (a segment header lies beyond the data).
 */
export function imageLength(bytes: Uint8Array): number {
  const { header, end } = readLayout(bytes);
  return paddedLength(end) + (header[23] === 0 ? 0 : HASH_LENGTH);
}

function readLayout(bytes: Uint8Array): { header: Buffer; segments: ImageSegment[]; end: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view[0] !== IMAGE_MAGIC) {
    const read = view.length === 0 ? 'nothing' : `0x${(view[0] ?? 0).toString(16)}`;
    throw new ImageError('magic', `An image starts with 0xe9, here is ${read}`, {
      calculated: 'e9',
      ...(view.length > 0 && { read: (view[0] ?? 0).toString(16) }),
    });
  }
  if (view.length < HEADER_LENGTH) throw truncated(HEADER_LENGTH, view.length);
  const count = view[1] ?? 0;
  if (count === 0 || count > MAX_SEGMENTS) {
    throw new ImageError('segments', `An image has 1 to ${MAX_SEGMENTS} segments, this one has ${count}`, {
      read: count.toString(16),
    });
  }
  const segments: ImageSegment[] = [];
  let end = HEADER_LENGTH;
  for (let index = 0; index < count; index++) {
    const segment = readSegment(view, end, index);
    segments.push(segment);
    end += SEGMENT_HEADER_LENGTH + segment.data.length;
  }
  return { header: view.subarray(0, HEADER_LENGTH), segments, end };
}

function readSegment(view: Buffer, at: number, index: number): ImageSegment {
  const dataAt = at + SEGMENT_HEADER_LENGTH;
  if (view.length < dataAt) throw truncated(dataAt, view.length);
  const length = view.readUInt32LE(at + 4);
  if (length % 4 !== 0 || length >= MAX_SEGMENT_LENGTH) {
    throw new ImageError('segments', `Segment ${index} has the impossible length ${length}`, {
      read: length.toString(16),
    });
  }
  if (view.length < dataAt + length) throw truncated(dataAt + length, view.length);
  return { loadAddress: view.readUInt32LE(at), data: view.subarray(dataAt, dataAt + length) };
}

function serialiseHeader(image: EspImage): Buffer {
  const { segments, flash } = image;
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) {
    throw new RangeError(`An image has 1 to ${MAX_SEGMENTS} segments, not ${segments.length}`);
  }
  const header = Buffer.alloc(HEADER_LENGTH);
  header[0] = IMAGE_MAGIC;
  header[1] = segments.length;
  header[2] = FLASH_MODES[flash.mode];
  header[3] = (FLASH_SIZES[flash.size] << 4) | FLASH_FREQUENCIES[flash.freq];
  header.writeUInt32LE(image.entry, 4);
  header[8] = WP_PIN_DISABLED;
  header.writeUInt16LE(image.chipId, 12);
  header[14] = Math.floor(image.minRevision / 100);
  header.writeUInt16LE(image.minRevision, 15);
  header.writeUInt16LE(image.maxRevision, 17);
  header[23] = image.hashAppended ? 1 : 0;
  return header;
}

function serialiseSegment({ loadAddress, data }: ImageSegment): Buffer {
  if (data.length % 4 !== 0 || data.length >= MAX_SEGMENT_LENGTH) {
    throw new RangeError(`A segment is a multiple of 4 bytes below 16 MB long, not ${data.length}`);
  }
  const header = Buffer.alloc(SEGMENT_HEADER_LENGTH);
  header.writeUInt32LE(loadAddress, 0);
  header.writeUInt32LE(data.length, 4);
  return Buffer.concat([header, data]);
}

function checksumOf(segments: readonly ImageSegment[]): number {
  let checksum = CHECKSUM_SEED;
  for (const { data } of segments) for (const byte of data) checksum ^= byte;
  return checksum;
}

/** Room for at least the checksum byte, up to the end of a 16-byte row. */
function paddedLength(length: number): number {
  return (Math.floor(length / 16) + 1) * 16;
}

function verifyHash(contents: Uint8Array, read: Uint8Array): void {
  const calculated = sha256(contents).toString('hex');
  const found = Buffer.from(read).toString('hex');
  if (calculated !== found) {
    throw new ImageError('hash', `SHA-256 of the image is ${found}, must be ${calculated}`, {
      calculated,
      read: found,
    });
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function truncated(need: number, have: number): ImageError {
  return new ImageError('truncated', `The image needs ${need} bytes or more, there are ${have}`);
}

function nameOf<Names extends Record<string, number>>(names: Names, code: number, what: string): keyof Names {
  const found = Object.keys(names).find((name) => names[name] === code);
  if (found === undefined) {
    throw new ImageError('magic', `The header has the unknown flash ${what} ${code}`, {
      read: code.toString(16),
    });
  }
  return found;
}
