import { expect, it } from 'vitest';
import { payloadNumber } from './payload-number.ts';

it.each<[string, number | undefined]>([
  ['Hello from ESP32 #17', 17],
  ['Hello from ESP32 #0', 0],
  ['Hello from ESP32 #4294967295', 4294967295],
  [' #5', 5],
  ['Hello from ESP32', undefined],
  ['Hello from ESP32 #', undefined],
  ['Hello from ESP32 #1x', undefined],
  ['Hello from ESP32#17', undefined],
  ['Hello from ESP32 #17\0', undefined],
  ['', undefined],
])('%j ends with %s', (text, number) => {
  const payloadHex = Buffer.from(text).toString('hex');
  expect(payloadNumber({ payloadHex, length: text.length })).toBe(number);
});

it('of a payload that was not recorded to its end nobody knows the number', () => {
  const payloadHex = Buffer.from('Hello from ESP32 #17').toString('hex');
  expect(payloadNumber({ payloadHex, length: 300 })).toBeUndefined();
});

it('finds the mark at a whole byte only', () => {
  // 0x12 0x02 0x33 0x31: "2023" stands across bytes.
  expect(payloadNumber({ payloadHex: '120233' + '31', length: 4 })).toBeUndefined();
});
