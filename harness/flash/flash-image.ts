import { UsageError } from '../errors.ts';
import { chips, type Chip } from './chips.ts';

/** Bytes for a place in flash. */
export interface FlashImage {
  /** In bytes from the beginning of the flash; a multiple of its sectors of 4096 bytes. */
  readonly offset: number;
  readonly data: Buffer;
  /** For people: "bootloader". */
  readonly name: string;
}

const sectorBytes = 0x1000;

/** First byte of a bootloader or app image. @see ESP-IDF bootloader_support/include/esp_app_format.h */
const imageMagic = 0xe9;
const chipIdOffset = 12;

/** Flash is written in words: the image's end is filled up as the flash is when erased. */
export function padImage(image: FlashImage): FlashImage {
  const missing = -image.data.length & 3;
  if (missing === 0) return image;
  return { ...image, data: Buffer.concat([image.data, Buffer.alloc(missing, 0xff)]) };
}

/**
 * The chip that images are made for; `undefined` when none of them says so (partition tables, data).
 *
 * @throws UsageError `FLASH_IMAGE` when one can't be written as it is, overlaps another, or is made for another chip than the
 * rest or than any that is known here.
 */
export function checkImages(images: readonly FlashImage[]): Chip | undefined {
  let chip: Chip | undefined;
  for (const image of images) {
    const { name, offset, data } = image;
    const at = `0x${offset.toString(16)}`;
    if (data.length === 0) throw invalid(`${name} is empty`);
    if (offset % sectorBytes !== 0)
      throw invalid(`${name} is to begin at ${at}, inside a flash sector of 4096 bytes`);
    const other = images.find((second) => second.offset > offset && second.offset < offset + data.length);
    if (other !== undefined)
      throw invalid(`${name} (${data.length} bytes at ${at}) reaches into ${other.name}`);
    const madeFor = chipOf(image);
    if (chip !== undefined && madeFor !== undefined && madeFor !== chip)
      throw invalid(`${name} is an image for the ${madeFor.name}, and others are for the ${chip.name}`);
    chip ??= madeFor;
  }
  return chip;
}

function chipOf({ name, data }: FlashImage): Chip | undefined {
  if (data[0] !== imageMagic || data.length < chipIdOffset + 2) return undefined;
  const id = data.readUInt16LE(chipIdOffset);
  const chip = chips.find(({ imageId }) => imageId === id);
  if (chip !== undefined) return chip;
  const known = chips.map(({ name, imageId }) => `${name} (${imageId})`).join(' and ');
  throw new UsageError('FLASH_IMAGE', {
    what: `${name} is an image for a chip with the id ${id}, and the harness's own flasher knows ${known} only`,
    next: 'flash it with esptool, or build the firmware for one of these chips',
  });
}

function invalid(what: string): UsageError {
  return new UsageError('FLASH_IMAGE', {
    what: `This can't be flashed: ${what}`,
    next: 'build the firmware again',
  });
}
