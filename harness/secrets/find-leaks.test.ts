import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eraseLeaks } from './find-leaks.ts';

const secret = 'hunter2-hunter2';
const hex = Buffer.from(secret).toString('hex');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'leaks-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test('finds a secret in every file, with its line and form, and overwrites it', async () => {
  mkdirSync(join(dir, 'log'));
  writeFileSync(join(dir, 'datagrams.jsonl'), `{}\n{"payloadHex":"00${hex}"}\n`);
  writeFileSync(join(dir, 'log/build.log'), `-DPASSWORD=${secret}\n\n${encodeURIComponent(secret)}`);
  writeFileSync(join(dir, 'harmless'), 'nothing\n');
  const leaks = await eraseLeaks(dir, [secret]);
  expect(leaks.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)).toEqual([
    { file: 'datagrams.jsonl', line: 2, form: 'hex' },
    { file: 'log/build.log', line: 1, form: 'plain' },
    { file: 'log/build.log', line: 3, form: 'plain' },
  ]);
  expect(readFileSync(join(dir, 'datagrams.jsonl'), 'utf8')).toBe(
    `{}\n{"payloadHex":"00${'*'.repeat(hex.length)}"}\n`,
  );
  expect(await eraseLeaks(dir, [secret])).toEqual([]);
});

test.each([-secret.length, -7, -1, 0, 1])('finds it at the border of two blocks: %i', async (at) => {
  const before = Buffer.alloc((1 << 20) + at, '.\n');
  writeFileSync(join(dir, 'serial.log'), Buffer.concat([before, Buffer.from(`${secret}\n`)]));
  const leaks = await eraseLeaks(dir, [secret]);
  expect(leaks).toMatchObject([{ form: 'plain', line: Math.floor(before.length / 2) + 1 }]);
  expect(readFileSync(join(dir, 'serial.log'), 'utf8').includes(secret)).toBe(false);
});

test('without secrets there is nothing to look for', async () => {
  expect(await eraseLeaks('/nowhere', [])).toEqual([]);
});
