import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UsageError } from '../../../errors.ts';
import { FLASH_SIZE, FlashChip } from './flash-chip.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flash-chip-'));
  file = join(folder, 'flash.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('FlashChip', () => {
  test('is erased when new', () => {
    using flash = FlashChip.open(file);
    const erased = Buffer.alloc(FLASH_SIZE, 0xff);
    expect(flash.read(0, FLASH_SIZE).equals(erased)).toBe(true);
    expect(readFileSync(file).equals(erased)).toBe(true);
  });

  test('writes through and survives', () => {
    {
      using flash = FlashChip.open(file);
      flash.program(0x1234, Buffer.from('survives'));
      expect(readFileSync(file).toString('latin1', 0x1234, 0x123c)).toBe('survives');
    }
    using again = FlashChip.open(file);
    expect(again.read(0x1234, 8).toString()).toBe('survives');
  });

  test('programming clears bits, only erasing sets them', () => {
    using flash = FlashChip.open(file);
    flash.program(0x1000, Uint8Array.of(0xf0));
    flash.program(0x1000, Uint8Array.of(0x3f));
    expect(flash.read(0x1000, 1)[0]).toBe(0x30);
    flash.erase(0x1000, 1);
    expect(flash.read(0x1000, 1)[0]).toBe(0xff);
  });

  test('erases whole sectors and no neighbour', () => {
    using flash = FlashChip.open(file);
    flash.program(0x1000, Buffer.alloc(0x4000));
    flash.erase(0x2800, 0x900);
    const erased = [0x1fff, 0x2000, 0x3fff, 0x4000].map((at) => flash.read(at, 1)[0] === 0xff);
    expect(erased).toEqual([false, true, true, false]);
  });

  test('refuses a file of another size', () => {
    writeFileSync(file, 'too short');
    expect(() => FlashChip.open(file)).toThrow(UsageError);
    expect(readFileSync(file, 'latin1')).toBe('too short');
  });
});
