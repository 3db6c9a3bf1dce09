import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSlip, SlipDecoder } from './slip.ts';

const payload = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd)), { minLength: 1, maxLength: 30 })
  .map((bytes) => Buffer.from(bytes));

describe('SLIP', () => {
  it('escapes its own bytes', () => {
    expect(encodeSlip(Buffer.from('01c0db02', 'hex')).toString('hex')).toBe('c001dbdcdbdd02c0');
  });

  it('is undone by the decoder, whatever byte a chunk ends at', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 4 }), (payloads) => {
        const wire = Buffer.concat(payloads.map(encodeSlip));
        for (let cut = 0; cut <= wire.length; cut++) {
          const decoder = new SlipDecoder();
          const frames = [wire.subarray(0, cut), wire.subarray(cut)].flatMap(
            (chunk) => decoder.push(chunk).frames,
          );
          expect(frames).toEqual(payloads);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('finds a frame behind a boot log and empty frames, and keeps the log apart', () => {
    const decoder = new SlipDecoder();
    const { frames, outside } = decoder.push(
      Buffer.concat([
        Buffer.from('waiting for download\r\n'),
        Buffer.from('c0c0c00108c0', 'hex'),
        Buffer.from('!'),
      ]),
    );
    expect(frames.map((frame) => frame.toString('hex'))).toEqual(['0108']);
    expect(outside.toString()).toBe('waiting for download\r\n!');
  });

  it('forgets noise that began like a frame and never ends', () => {
    const decoder = new SlipDecoder();
    decoder.push(Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(100_000, 'x')]));
    expect(decoder.push(encodeSlip(Buffer.from('ok'))).frames).toEqual([Buffer.from('ok')]);
  });
});
