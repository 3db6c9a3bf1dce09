import { expect, test } from 'vitest';
import { escapeIac, TelnetParser } from './telnet-parser.ts';
import type { TelnetItem } from './telnet-parser.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Data that a split tore apart, joined again. */
function joined(items: readonly TelnetItem[]): TelnetItem[] {
  const result: TelnetItem[] = [];
  for (const item of items) {
    const last = result.at(-1);
    if (item.kind === 'data' && last?.kind === 'data') {
      result[result.length - 1] = { kind: 'data', bytes: Buffer.concat([last.bytes, item.bytes]) };
    } else {
      result.push(item);
    }
  }
  return result;
}

test('takes a stream apart the same way wherever it is split', () => {
  const stream = hex('41 ffff 42 fffb2c fffa2c01 00ffff c200 fff0 43 fff1 fff0 44 fffe01 fffa2c0508fff0 ff');
  const expected: TelnetItem[] = [
    { kind: 'data', bytes: hex('41 ff 42') },
    { kind: 'option', verb: 0xfb, option: 0x2c },
    { kind: 'subnegotiation', option: 0x2c, value: hex('01 00 ff c2 00') },
    { kind: 'data', bytes: hex('43 44') },
    { kind: 'option', verb: 0xfe, option: 0x01 },
    { kind: 'subnegotiation', option: 0x2c, value: hex('05 08') },
  ];
  for (let at = 0; at <= stream.length; at++) {
    const parser = new TelnetParser();
    const items = [...parser.parse(stream.subarray(0, at)), ...parser.parse(stream.subarray(at))];
    expect(joined(items), `split at ${at}`).toEqual(expected);
  }
});

test('a sub-negotiation without end does not grow without bound', () => {
  const parser = new TelnetParser();
  parser.parse(hex('fffa2c'));
  parser.parse(new Uint8Array(100_000));
  const [item] = parser.parse(hex('fff0'));
  expect(item?.kind === 'subnegotiation' && item.value.length).toBe(256);
});

test('escapes IAC and nothing else', () => {
  expect(escapeIac(hex('00 fe ff fd'))).toEqual(hex('00 fe ffff fd'));
});
