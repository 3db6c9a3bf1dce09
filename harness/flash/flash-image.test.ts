import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { checkImages, padImage } from './flash-image.ts';

const image = (offset: number, length: number): { name: string; offset: number; data: Buffer } => ({
  name: `image-${offset}`,
  offset,
  data: Buffer.alloc(length, 1),
});

it('fills an image up to a whole word', () => {
  expect(padImage({ name: 'x', offset: 0, data: Buffer.from('abcde') }).data).toEqual(
    Buffer.from('abcde\xff\xff\xff', 'latin1'),
  );
  const whole = image(0, 8);
  expect(padImage(whole)).toBe(whole);
});

it('takes images that stand one behind the other', () => {
  expect(() => checkImages([image(0x1000, 0x1000), image(0x2000, 12)])).not.toThrow();
});

it.each([
  ['an empty one', [image(0x1000, 0)], 'image-4096 is empty'],
  ['one inside a sector', [image(0x1001, 4)], 'inside a flash sector'],
  ['one that reaches into the next', [image(0x1000, 0x1001), image(0x2000, 4)], 'reaches into image-8192'],
])('refuses %s', (_what, images, why) => {
  expect(() => checkImages(images)).toThrow(UsageError);
  expect(() => checkImages(images)).toThrow(why);
});

/** The head of an image for the chip with that id. */
function headOf(name: string, offset: number, chipId: number) {
  const data = Buffer.alloc(64);
  data[0] = 0xe9;
  data.writeUInt16LE(chipId, 12);
  return { name, offset, data };
}

it('tells which chip images are made for', () => {
  expect(checkImages([image(0x8000, 4)])).toBeUndefined();
  expect(checkImages([image(0x8000, 4), headOf('app', 0x10000, 5)])).toMatchObject({ target: 'esp32c3' });
});

it('refuses images for different chips, and for chips that it does not know', () => {
  expect(() => checkImages([headOf('bootloader', 0, 5), headOf('app', 0x10000, 0)])).toThrow(
    'app is an image for the ESP32, and others are for the ESP32-C3',
  );
  expect(() => checkImages([headOf('app', 0x10000, 9)])).toThrow(/a chip with the id 9.*esptool/s);
});
