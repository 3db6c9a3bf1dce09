import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findHolder, readHolder, tryOwn, waitToOwn } from './owner-lock.ts';
import { ownInProcess } from './testing/own-in-process.ts';

const purpose = { why: 'npm run hil', run: '20261125-101500-board-7' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'owner-lock-'));
  file = join(folder, 'board.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('says who owns it, and goes with its owner', () => {
  const lock = tryOwn(file, purpose);
  expect(readHolder(file)).toMatchObject({ pid: process.pid, host: hostname(), ...purpose });
  expect(Date.parse(readHolder(file)?.since ?? '')).toBeGreaterThan(Date.now() - 60_000);
  lock?.[Symbol.dispose]();
  lock?.[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual([]);
});

test('is for one owner, in one process as among many', async () => {
  using lock = tryOwn(file, purpose);
  expect(lock).toBeDefined();
  expect(tryOwn(file, purpose)).toBeUndefined();
  await using rival = await ownInProcess(file);
  expect(rival.said).toBe('refused');
});

test('is given up by an owner that ends', async () => {
  const rival = await ownInProcess(file);
  expect(rival.said).toBe('owned');
  expect(tryOwn(file, purpose)).toBeUndefined();
  expect(findHolder(file)).toMatchObject({ pid: rival.pid, why: 'a test', run: 'run-1' });
  await rival[Symbol.asyncDispose]();
  expect(existsSync(file)).toBe(false);
  using lock = tryOwn(file, purpose);
  expect(lock).toBeDefined();
});

test('is taken over from an owner that was killed', async () => {
  const rival = await ownInProcess(file);
  await rival.kill();
  expect(readHolder(file)?.pid).toBe(rival.pid);
  expect(findHolder(file)).toBeUndefined();
  using lock = tryOwn(file, purpose);
  expect(lock).toBeDefined();
  expect(readHolder(file)?.pid).toBe(process.pid);
});

test.each(['ends', 'is killed'] as const)('can be waited for until its owner %s', async (how) => {
  const rival = await ownInProcess(file);
  const waiting = waitToOwn(file, purpose);
  await (how === 'ends' ? rival[Symbol.asyncDispose]() : rival.kill());
  using ours = await waiting;
  expect(ours.file).toBe(file);
  expect(readHolder(file)?.pid).toBe(process.pid);
});

test('need not be waited for any longer', async () => {
  await using rival = await ownInProcess(file);
  const controller = new AbortController();
  const waiting = waitToOwn(file, purpose, controller.signal);
  controller.abort(new Error('no more'));
  await expect(waiting).rejects.toThrow('no more');
  expect(readHolder(file)?.pid).toBe(rival.pid);
});

test.each(['garbage', '', '{"pid":1,"host":"elsewhere"}\n'])(
  'that nobody holds may say anything: %j',
  (text) => {
    writeFileSync(file, text);
    using lock = tryOwn(file, purpose);
    expect(lock).toBeDefined();
    expect(readHolder(file)?.pid).toBe(process.pid);
  },
);

test('may be owned by another user next', () => {
  using lock = tryOwn(file, purpose);
  expect(lock).toBeDefined();
  expect(statSync(file).mode & 0o777).toBe(0o666);
});

test('is never another file than the one named', () => {
  writeFileSync(join(folder, 'precious'), 'contents');
  symlinkSync(join(folder, 'precious'), file);
  expect(() => tryOwn(file, purpose)).toThrow('ELOOP');
});

test('of several that come at once, one owns it', async () => {
  const rivals = await Promise.all(Array.from({ length: 6 }, () => ownInProcess(file)));
  expect(rivals.filter(({ said }) => said === 'owned')).toHaveLength(1);
  await Promise.all(rivals.map((rival) => rival[Symbol.asyncDispose]()));
});
