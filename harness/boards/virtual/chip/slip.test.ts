import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSlip, SlipDecoder } from './slip.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('encodeSlip', () => {
  test('escapes the two special bytes and no others', () => {
    expect(encodeSlip(hex('01 c0 db dc dd ff'))).toEqual(hex('c0 01 dbdc dbdd dc dd ff c0'));
  });
});

describe('SlipDecoder', () => {
  test('finds the same frames wherever the stream is split', () => {
    // Noise, a frame, an empty frame, a frame with both escapes, two frames that share nothing.
    const stream = hex('49 0d c0 0008 c0 c0c0 c0 01dbdc02dbdd03 c0 c0 aa c0 c0 bb c0');
    const expected = ['0008', '01c002db03', 'aa', 'bb'].map(hex);
    expect(new SlipDecoder().decode(stream)).toEqual(expected);
    for (let at = 0; at <= stream.length; at++) {
      const decoder = new SlipDecoder();
      const frames = [...decoder.decode(stream.subarray(0, at)), ...decoder.decode(stream.subarray(at))];
      expect(frames, `split at ${at}`).toEqual(expected);
    }
    const oneByOne = new SlipDecoder();
    expect([...stream].flatMap((byte) => oneByOne.decode(Uint8Array.of(byte)))).toEqual(expected);
  });

  test('gives back whatever was encoded', () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 7 }), (sent, chunkLength) => {
        const stream = Buffer.concat(sent.map(encodeSlip));
        const decoder = new SlipDecoder();
        const received: Buffer[] = [];
        for (let at = 0; at < stream.length; at += chunkLength) {
          received.push(...decoder.decode(stream.subarray(at, at + chunkLength)));
        }
        expect(received).toEqual(sent.map((payload) => Buffer.from(payload)));
      }),
    );
  });

  test('drops a frame with a wrong escape and takes the next', () => {
    expect(new SlipDecoder().decode(hex('c0 01 db 02 03 c0 c0 04 c0'))).toEqual([hex('04')]);
  });

  test('does not grow without bound when a frame never ends', () => {
    const decoder = new SlipDecoder();
    expect(decoder.decode(hex('c0'))).toEqual([]);
    expect(decoder.decode(new Uint8Array(70_000))).toEqual([]);
    expect(decoder.decode(hex('c0 05 c0'))).toEqual([hex('05')]);
  });
});
