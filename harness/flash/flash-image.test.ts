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

it('refuses an image for another chip', () => {
  const data = Buffer.alloc(64);
  data[0] = 0xe9;
  data.writeUInt16LE(5, 12); // ESP32-C3
  expect(() => checkImages([{ name: 'app', offset: 0x10000, data }])).toThrow(
    'another chip (id 5, ESP32 has 0)',
  );
});
