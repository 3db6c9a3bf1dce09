import { expect, test } from 'vitest';
import { printable } from './printable.ts';

test.each([
  ['Hello from ESP32', 'Hello from ESP32'],
  ['', ''],
  ['Grüße 🙂 \\x1b', 'Grüße 🙂 \\x1b'],
  ['two\nlines\r\n\tand a tab', 'two\\nlines\\r\\n\\tand a tab'],
  ['\u001b[31mred\u001b]0;title\u0007', '\\x1b[31mred\\x1b]0;title\\x07'],
  ['nul \0, del \u007f, 8-bit CSI \u009b31m', 'nul \\x00, del \\x7f, 8-bit CSI \\x9b31m'],
  ['right to left \u202e override', 'right to left \\u{202e} override'],
  ['separator \u2028.', 'separator \\u{2028}.'],
])('%j is printed as %s', (text, printed) => {
  expect(printable(Buffer.from(text))).toBe(printed);
});

test('bytes that are not UTF-8 are shown as bytes', () => {
  expect(printable(Buffer.from([0x48, 0x69, 0xff, 0x1b, 0xc3]))).toBe('Hi\\xff\\x1b\\xc3');
});

test('no byte reaches the terminal raw', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(printable(all)).toMatch(/^[\x20-\x7e]*$/);
});
