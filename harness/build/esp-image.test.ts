import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CHIP_ID_ESP32,
  imageLength,
  ImageError,
  parseImage,
  serialiseImage,
  type EspImage,
} from './esp-image.ts';

const image: EspImage = {
  chipId: CHIP_ID_ESP32,
  entry: 0x40080400,
  flash: { mode: 'dio', freq: '40m', size: '4MB' },
  segments: [
    { loadAddress: 0x3f400020, data: Buffer.from('00112233', 'hex') },
    { loadAddress: 0x40080000, data: Buffer.from('0102030405060708', 'hex') },
  ],
  hashAppended: true,
  minRevision: 0,
  maxRevision: 399,
};

/** What `change` makes of the intact image's bytes. */
function damaged(change: (bytes: Buffer) => void): Buffer {
  const bytes = serialiseImage(image);
  change(bytes);
  return bytes;
}

function defectOf(bytes: Uint8Array): ImageError {
  try {
    parseImage(bytes);
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
  throw new Error('the image was accepted');
}

describe('serialiseImage', () => {
  test('lays the header out as esp_image_header_t', () => {
    expect(serialiseImage(image).toString('hex', 0, 24)).toBe(
      'e9' +
        '02' +
        '02' +
        '20' +
        '00040840' +
        'ee000000' +
        '0000' +
        '00' +
        '0000' +
        '8f01' +
        '00000000' +
        '01',
    );
  });

  test('ends the padded row with the checksum: 0xef xor all segment bytes', () => {
    // 00^11^22^33 = 00 and 01^…^08 = 08, so 0xef ^ 0x08 = 0xe7; 24 + 8+4 + 8+8 = 52 bytes pad to 64.
    const bytes = serialiseImage(image);
    expect(bytes.length).toBe(64 + 32);
    expect(bytes[63]).toBe(0xe7);
  });

  test('gives the checksum a row of its own when the segments end on one', () => {
    const full = { ...image, hashAppended: false, segments: [{ loadAddress: 0, data: Buffer.alloc(16) }] };
    expect(serialiseImage(full).length).toBe(24 + 8 + 16 + 16);
  });

  test('refuses a segment that is not a multiple of 4 bytes', () => {
    expect(() => serialiseImage({ ...image, segments: [{ loadAddress: 0, data: Buffer.alloc(3) }] })).toThrow(
      RangeError,
    );
  });
});

describe('parseImage', () => {
  test('reads back any image that was written, whatever follows it', () => {
    const segment = fc.record({
      loadAddress: fc.nat(0xffffffff),
      data: fc
        .uint8Array({ maxLength: 64 })
        .map((bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])),
    });
    const images = fc.record({
      chipId: fc.nat(0xffff),
      entry: fc.nat(0xffffffff),
      flash: fc.record({
        mode: fc.constantFrom('qio' as const, 'dio' as const),
        freq: fc.constantFrom('40m' as const, '80m' as const),
        size: fc.constantFrom('2MB' as const, '16MB' as const),
      }),
      segments: fc.array(segment, { minLength: 1, maxLength: 16 }),
      hashAppended: fc.boolean(),
      minRevision: fc.nat(399),
      maxRevision: fc.nat(65535),
    });
    fc.assert(
      fc.property(images, fc.uint8Array({ maxLength: 40 }), (written, rest) => {
        const bytes = serialiseImage(written);
        const flash = Buffer.concat([bytes, rest]);
        expect(parseImage(flash)).toEqual(written);
        expect(imageLength(flash)).toBe(bytes.length);
      }),
      { numRuns: 100 },
    );
  });

  test('finds no image in erased flash', () => {
    expect(defectOf(Buffer.alloc(64, 0xff))).toMatchObject({ defect: 'magic', read: 'ff', calculated: 'e9' });
    expect(defectOf(Buffer.alloc(0)).defect).toBe('magic');
  });

  test('tells a wrong checksum with both values', () => {
    expect(defectOf(damaged((bytes) => (bytes[63] = 0x11)))).toMatchObject({
      defect: 'checksum',
      calculated: 'e7',
      read: '11',
    });
  });

  test('tells a changed byte outside the checksum by the hash', () => {
    expect(defectOf(damaged((bytes) => (bytes[8] = 0)))).toMatchObject({ defect: 'hash' });
    expect(defectOf(damaged((bytes) => (bytes[95] = (bytes[95] ?? 0) ^ 1))).calculated).toMatch(
      /^[0-9a-f]{64}$/,
    );
  });

  test('refuses impossible segments', () => {
    expect(defectOf(damaged((bytes) => (bytes[1] = 17))).defect).toBe('segments');
    expect(defectOf(damaged((bytes) => (bytes[1] = 0))).defect).toBe('segments');
    expect(defectOf(damaged((bytes) => bytes.writeUInt32LE(0xfffffffc, 28))).defect).toBe('segments');
    expect(defectOf(damaged((bytes) => bytes.writeUInt32LE(5, 28))).defect).toBe('segments');
  });

  test('tells a cut image at every length', () => {
    const bytes = serialiseImage(image);
    for (let length = 1; length < bytes.length; length++) {
      expect(defectOf(bytes.subarray(0, length)).defect).toBe('truncated');
    }
  });
});
