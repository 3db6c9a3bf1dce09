import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { document, element } from './xml.ts';

describe('a document', () => {
  it('is elements in elements, attributes without a value left out', () => {
    const root = element('a', { b: 1, c: undefined }, element('d'), 'text');
    expect(document(root)).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<a b="1"><d/>text</a>\n');
  });

  it.each([
    ['<b attr="x">&amp;]]>', '&lt;b attr="x"&gt;&amp;amp;]]&gt;'],
    ['a\r\n\tb', 'a&#13;\n\tb'],
    ['\u0000\u001b[31m\uffff\ud800', '\\x00\\x1b[31m\\u{ffff}\\u{d800}'],
    ['µ 漢 😀', 'µ 漢 😀'],
  ])('holds the text %j', (text, xml) => {
    expect(element('a', {}, text).xml).toBe(`<a>${xml}</a>`);
  });

  it('keeps line feeds, tabs and quotes in attributes', () => {
    expect(element('a', { b: '"\n\t\r\'' }).xml).toBe('<a b="&quot;&#10;&#9;&#13;\'"/>');
  });
});

const xmllint = spawnSync('xmllint', ['--version']).status === 0;
describe.skipIf(!xmllint)('read by xmllint (needs libxml2-utils)', () => {
  it('any text comes back as it was, but for what XML can not hold', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(anything, anything, (inText, inAttribute) => {
        const xml = document(element('a', { b: inAttribute }, inText));
        expect(ask(xml, 'string(/a)')).toBe(shown(inText));
        expect(ask(xml, 'string(/a/@b)')).toBe(shown(inAttribute));
      }),
      { numRuns: 100 },
    );
  });

  it('bytes that are no UTF-8 make no document that can not be read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('utf8');
        expect(ask(document(element('a', {}, text)), 'string(/a)')).toBe(shown(text));
      }),
      { numRuns: 50 },
    );
  });

  function ask(xml: string, xpath: string): string {
    const { status, stdout, stderr } = spawnSync('xmllint', ['--xpath', xpath, '-'], { input: xml });
    expect([status, stderr.toString()]).toEqual([0, '']);
    return stdout.toString().replace(/\n$/, '');
  }

  function shown(text: string): string {
    const lone = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;
    return text.replace(lone, (character) => {
      const code = (character.codePointAt(0) ?? 0).toString(16);
      return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
    });
  }
});
