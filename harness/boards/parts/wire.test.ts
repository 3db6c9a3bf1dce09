import { describe, expect, test } from 'vitest';
import { resample } from './wire.ts';

const text = Buffer.from('ets Jul 29 2019 12:21:46\r\n', 'latin1');

describe('resample', () => {
  test.each([0.98, 0.99, 1, 1.01, 1.02])(
    'a rate that is off by a factor of %s still reads right',
    (factor) => {
      expect(resample(text, 115200, 115200 * factor)).toEqual(text);
    },
  );

  test.each([9600, 57600, 74880, 230400, 921600])('at %i Bd, 115200 Bd reads as garbage', (baudRate) => {
    const read = resample(text, 115200, baudRate);
    expect(read).not.toEqual(text);
    expect(read.length).toBeGreaterThan(0);
  });

  test('at twice the rate, each bit of U is read as two', () => {
    // 55h on the wire: 0 1 0 1 0 1 0 1 0 1. Sampled twice as fast: 00 11 00 11 …; the start bit, then 0 11 00 11 0 = 66h.
    expect(resample(Uint8Array.of(0x55), 57600, 115200)[0]).toBe(0x66);
  });

  test('a slow receiver sees a few long bytes', () => {
    expect(resample(text, 115200, 9600).length).toBeLessThan(text.length / 8);
  });
});
