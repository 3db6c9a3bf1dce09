import { expect, test } from 'vitest';
import { parseAppDescription, readAppDescription, writeAppDescription } from './app-description.ts';
import { CHIP_ID_ESP32, type EspImage } from './esp-image.ts';
import { findHostProgram, packHostProgram } from './host-program.ts';

const description = {
  version: 'v1.2-3-gabcdef0',
  projectName: 'udp_client',
  time: '12:34:56',
  date: 'Nov 23 2026',
  idfVersion: 'v5.5.5',
  elfSha256: '389896c8b0'.padEnd(64, '7'),
};

function imageOf(data: Buffer): EspImage {
  return {
    chipId: CHIP_ID_ESP32,
    entry: 0,
    flash: { mode: 'dio', freq: '40m', size: '4MB' },
    segments: [{ loadAddress: 0x3f400020, data }],
    hashAppended: true,
    minRevision: 0,
    maxRevision: 399,
  };
}

test('a description is read back as it was written', () => {
  const bytes = writeAppDescription(description);
  expect(bytes.length).toBe(256);
  expect(readAppDescription(imageOf(bytes))).toEqual(description);
});

test('the fields stand where esp_app_desc_t has them', () => {
  const bytes = writeAppDescription(description);
  expect(bytes.readUInt32LE(0)).toBe(0xabcd5432);
  expect(bytes.toString('latin1', 48, 58)).toBe('udp_client');
  expect(bytes.toString('hex', 0xb0 - 0x20, 0xb0 - 0x20 + 5)).toBe('389896c8b0');
});

test('a text that is too long is cut and stays terminated', () => {
  const bytes = writeAppDescription({ ...description, projectName: 'x'.repeat(40) });
  expect(parseAppDescription(bytes)?.projectName).toBe('x'.repeat(31));
});

test('an image without the magic word has no description', () => {
  expect(readAppDescription(imageOf(Buffer.alloc(256)))).toBeUndefined();
  expect(readAppDescription(imageOf(Buffer.alloc(4)))).toBeUndefined();
});

test('a host program is found behind the description, byte for byte', () => {
  const program = Buffer.from('7f454c4602', 'hex');
  const data = packHostProgram(writeAppDescription(description), program);
  expect(data.length % 4).toBe(0);
  expect(findHostProgram(imageOf(data))).toEqual(program);
});

test('a firmware for a chip holds no host program', () => {
  expect(findHostProgram(imageOf(Buffer.alloc(4096)))).toBeUndefined();
  expect(findHostProgram(imageOf(writeAppDescription(description)))).toBeUndefined();
});

test('a host program longer than its segment is none', () => {
  const data = packHostProgram(writeAppDescription(description), Buffer.alloc(64));
  expect(findHostProgram(imageOf(data.subarray(0, data.length - 4)))).toBeUndefined();
});
