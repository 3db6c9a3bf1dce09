import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redactor, withoutSecrets } from './redactor.ts';

const secret = 'pa"ss\\w0rd/+9';

const hidden: readonly (readonly [string, string])[] = [
  ['as it is', secret],
  ['in JSON', JSON.stringify({ password: secret })],
  ['in a URL', encodeURIComponent(secret)],
  ['as hex', Buffer.from(secret).toString('hex')],
  ['as upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
  ['as a dump', Buffer.from(secret).toString('hex').replaceAll(/../g, '$& ')],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64 of more', Buffer.from(`lab ${secret}\r\n`).toString('base64')],
];

/** The stream as it is shown when it comes in these pieces. */
function show(pieces: readonly string[], secrets: readonly string[] = [secret]): string {
  const redactor = new Redactor(secrets);
  const shown = pieces.map((piece) => redactor.push(Buffer.from(piece)));
  return Buffer.concat([...shown, redactor.flush()]).toString();
}

describe('takes a secret out', () => {
  test.each(hidden)('%s, cut at every place', (_, text) => {
    const stream = `I (5) echo: ${text} and more\r\n`;
    const whole = show([stream]);
    expect(whole).toContain('[redacted]');
    expect(whole).toMatch(/^I \(5\) echo: .* and more\r\n$/);
    for (let at = 0; at <= stream.length; at++) {
      expect(show([stream.slice(0, at), stream.slice(at)])).toBe(whole);
    }
    expect(show(Array.from(stream))).toBe(whole);
  });

  test('every time, also right after itself', () => {
    expect(show([`${secret}${secret} ${secret}`])).toBe('[redacted][redacted] [redacted]');
  });

  test('when what came before it looked like its beginning', () => {
    expect(show(['abab', 'abac'], ['ababac'])).toBe('ab[redacted]');
  });

  test('whichever of two it is', () => {
    expect(show(['one-secret and other-secret'], ['one-secret', 'other-secret'])).toBe(
      '[redacted] and [redacted]',
    );
  });
});

test('leaves everything else as it is, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (pieces) => {
      const redactor = new Redactor([secret]);
      const shown = pieces.map((piece) => redactor.push(Buffer.from(piece)));
      expect(Buffer.concat([...shown, redactor.flush()])).toEqual(Buffer.concat(pieces));
    }),
  );
});

test('holds back no more than what may be a beginning, and never the end of a line', () => {
  const redactor = new Redactor([secret]);
  expect(redactor.push(Buffer.from('I (5) x: pa"s')).toString()).toBe('I (5) x: ');
  expect(redactor.push(Buffer.from('\n')).toString()).toBe('pa"s\n');
  expect(redactor.flush()).toHaveLength(0);
});

test('without secrets a chunk goes through untouched', () => {
  const chunk = Buffer.from('anything');
  expect(new Redactor([]).push(chunk)).toBe(chunk);
});

test('data keeps its shape, and its texts lose the secret', () => {
  const data = { reason: `said ${secret}`, evidence: [Buffer.from(secret).toString('hex')], figure: 1 };
  expect(withoutSecrets(data, [secret])).toEqual({
    reason: 'said [redacted]',
    evidence: ['[redacted]'],
    figure: 1,
  });
  expect(withoutSecrets(data, [])).toBe(data);
});
