import { UsageError } from '../errors.ts';

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
const esp32ChipId = 0;

/** Flash is written in words: the image's end is filled up as the flash is when erased. */
export function padImage(image: FlashImage): FlashImage {
  const missing = -image.data.length & 3;
  if (missing === 0) return image;
  return { ...image, data: Buffer.concat([image.data, Buffer.alloc(missing, 0xff)]) };
}

/** @throws UsageError `FLASH_IMAGE` when one can't be written as it is, is made for another chip, or overlaps another. */
export function checkImages(images: readonly FlashImage[]): void {
  for (const { name, offset, data } of images) {
    const at = `0x${offset.toString(16)}`;
    if (data.length === 0) throw invalid(`${name} is empty`);
    if (offset % sectorBytes !== 0)
      throw invalid(`${name} is to begin at ${at}, inside a flash sector of 4096 bytes`);
    const chipId =
      data[0] === imageMagic && data.length > chipIdOffset + 1 ? data.readUInt16LE(chipIdOffset) : 0;
    if (chipId !== esp32ChipId)
      throw invalid(`${name} is an image for another chip (id ${chipId}, ESP32 has 0)`);
    const other = images.find((second) => second.offset > offset && second.offset < offset + data.length);
    if (other !== undefined)
      throw invalid(`${name} (${data.length} bytes at ${at}) reaches into ${other.name}`);
  }
}

function invalid(what: string): UsageError {
  return new UsageError('FLASH_IMAGE', {
    what: `This can't be flashed: ${what}`,
    next: 'build the firmware again, for the esp32 target',
  });
}
