import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formsOfSecret } from './secret-forms.ts';

const textsOf = (secret: string) =>
  formsOfSecret(secret).map(({ name, bytes }) => `${name} ${bytes.toString()}`);

test('a plain word has its plain form, hex and base64', () => {
  expect(textsOf('secret12')).toEqual([
    'plain secret12',
    'hex 7365637265743132',
    'hex 73 65 63 72 65 74 31 32',
    'base64 c2VjcmV0MT',
    'base64 NlY3JldDEy',
    'base64 zZWNyZXQxM',
  ]);
});

test('one with marks is escaped and URL-encoded, too, in either case', () => {
  expect(textsOf('a"\\b +/é')).toEqual(
    expect.arrayContaining([
      'escaped a\\"\\\\b +/é',
      'URL-encoded a%22%5Cb%20%2B%2F%C3%A9',
      'URL-encoded a%22%5cb%20%2b%2f%c3%a9',
      'hex 61225C62202B2FC3A9',
    ]),
  );
});

test('base64 is found wherever the secret begins in what is encoded, in both alphabets', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 8, maxLength: 64, unit: 'grapheme-ascii' }),
      fc.uint8Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
      fc.constantFrom('base64' as const, 'base64url' as const),
      (secret, before, after, alphabet) => {
        const text = Buffer.concat([before, Buffer.from(secret), after]).toString(alphabet);
        expect(formsOfSecret(secret).some(({ bytes }) => text.includes(bytes.toString()))).toBe(true);
      },
    ),
  );
});
