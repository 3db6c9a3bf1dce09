import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHolder } from '../../process/owner-lock.ts';
import { ownInProcess } from '../../process/testing/own-in-process.ts';
import { lockFlash } from './flash-lock.ts';

let folder: string;
let flashFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flash-lock-'));
  flashFile = join(folder, 'flash.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('says which process has the board, and goes with it', () => {
  const lock = lockFlash(flashFile);
  expect(readHolder(lock.file)?.pid).toBe(process.pid);
  lock[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual([]);
});

test('refuses a second board and names the first', async () => {
  await using first = await ownInProcess(`${flashFile}.lock`);
  expect(() => lockFlash(flashFile)).toThrow(
    `FLASH_IN_USE: Another virtual board has this flash file: process ${first.pid}`,
  );
});

test('makes the folder, but no whole path', () => {
  using lock = lockFlash(join(folder, 'new', 'flash.bin'));
  expect(existsSync(lock.file)).toBe(true);
  expect(() => lockFlash(join(folder, 'misspelt', 'path', 'flash.bin'))).toThrow('FLASH_FILE');
});

test('a folder that is none', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => lockFlash(join(folder, 'file', 'flash.bin'))).toThrow('FLASH_FILE');
});
