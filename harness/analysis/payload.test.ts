import { describe, expect, test } from 'vitest';
import { describePayloadDifference } from './payload.ts';

const HELLO = 'Hello from ESP32';

function hexOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function difference(received: string): string | undefined {
  return describePayloadDifference({ length: received.length, payloadHex: hexOf(received) }, hexOf(HELLO));
}

describe('describePayloadDifference', () => {
  test('the promised payload has none', () => {
    expect(difference(HELLO)).toBeUndefined();
  });

  test.each([
    ['', 'empty instead of 16 bytes'],
    [`${HELLO}\0`, '17 bytes instead of 16: a terminating NUL was sent'],
    [`${HELLO}\0\0\0\0`, '20 bytes instead of 16: 4 NULs follow the payload'],
    [`${HELLO}\r\n`, '18 bytes instead of 16: the payload is followed by 0d 0a'],
    [`${HELLO}${HELLO}`, '32 bytes instead of 16: the payload was sent twice'],
    ['HELLO FROM THE ESP32', '20 bytes instead of 16: "HELLO FROM THE ESP32"'],
    ['Hello from E', 'truncated after 12 bytes'],
    ['H', 'truncated after 1 byte'],
    ['ello from ESP32', 'the first 1 byte missing'],
    ['Hi', '2 bytes instead of 16: "Hi"'],
    ['Hello&from ESP32', '2 bits of byte 5 differ: 0x26 instead of 0x20'],
    ['Hello(from ESP32', 'bit 3 of byte 5 differs: 0x28 instead of 0x20'],
    ['Hello from ESP23', 'bytes 14 to 15 are "23" instead of "32"'],
    ['Ok!lo from ESP32', 'bytes 0 to 2 are "Ok!" instead of "Hel"'],
    ['Hallo from ESP33', '2 of 16 bytes differ, the first is byte 1: 0x61 instead of 0x65'],
    [Array.from(HELLO).reverse().join(''), 'the bytes are in reverse order'],
    ['lleHrf oE mo23PS', 'the bytes of each 32-bit word are swapped'],
    ['eHll orfmoE PS23', 'the bytes of each 16-bit word are swapped'],
    ['\0'.repeat(16), '16 NULs instead of the payload'],
  ])('%j', (received, words) => {
    expect(difference(received)).toBe(words);
  });

  test('a datagram longer than what is recorded of it', () => {
    const payloadHex = hexOf(HELLO) + '00'.repeat(240);
    expect(describePayloadDifference({ length: 65507, payloadHex }, hexOf(HELLO))).toBe(
      '65507 bytes instead of 16: 65491 NULs follow the payload',
    );
  });
});
