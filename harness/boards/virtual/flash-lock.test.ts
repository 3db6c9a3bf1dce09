import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFlash } from './flash-lock.ts';

let folder: string;
let flashFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flash-lock-'));
  flashFile = join(folder, 'flash.bin');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('holds the process id of the board and goes with it', () => {
  const lock = lockFlash(flashFile);
  expect(readFileSync(lock.file, 'utf8')).toBe(`${process.pid}\n`);
  lock[Symbol.dispose]();
  lock[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual([]);
});

test('refuses a second board and names the first', () => {
  writeFileSync(`${flashFile}.lock`, `${process.ppid}\n`);
  expect(() => lockFlash(flashFile)).toThrow(
    `FLASH_IN_USE: Another virtual board has this flash file: process ${process.ppid}`,
  );
  expect(existsSync(`${flashFile}.lock`)).toBe(true);
});

test.each([
  ['of a process that is gone', () => `${spawnSync('true').pid}\n`],
  ['that holds no process id', () => 'garbage'],
  ['that is empty', () => ''],
])('takes over a lock %s', (_, contents) => {
  writeFileSync(`${flashFile}.lock`, contents());
  using lock = lockFlash(flashFile);
  expect(readFileSync(lock.file, 'utf8')).toBe(`${process.pid}\n`);
  expect(readdirSync(folder)).toEqual(['flash.bin.lock']);
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
