import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownInProcess } from '../process/testing/own-in-process.ts';
import { findBoardOwner, lockBoard } from './board-lock.ts';

const purpose = { why: 'npm run hil', run: 'run-2' };

let folder: string;
let device: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'board-lock-'));
  device = join(folder, 'ttyUSB0');
  writeFileSync(device, '');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('names the run that has the board', async () => {
  using lock = await lockBoard(device, purpose, folder);
  expect(lock.file).toMatch(/hil-.*ttyUSB0\.lock$/);
  const second = lockBoard(device, purpose, folder);
  await expect(second).rejects.toMatchObject({ code: 'BOARD_IN_USE', fault: 'bench' });
  await expect(second).rejects.toThrow(
    new RegExp(
      `Another run has the board: process ${process.pid} on .* \\(npm run hil, run run-2\\) since 2`,
    ),
  );
});

test('knows a board by each of its names', async () => {
  const link = join(folder, 'usb-Silicon_Labs_CP2102N_0a1b-if00-port0');
  symlinkSync(device, link);
  using lock = await lockBoard(link, purpose, folder);
  await expect(lockBoard(device, purpose, folder)).rejects.toThrow('BOARD_IN_USE');
  expect(await findBoardOwner(device, folder)).toMatchObject({ run: 'run-2' });
  expect(lock.file).toContain('ttyUSB0');
});

test('knows a server by its address, whatever is spoken to it', async () => {
  using lock = await lockBoard('rfc2217://127.0.0.1:4000?ign_set_control', purpose, folder);
  await expect(lockBoard('socket://localhost:4000', purpose, folder)).rejects.toThrow('BOARD_IN_USE');
  using other = await lockBoard('rfc2217://127.0.0.1:4001', purpose, folder);
  expect(lock.file).not.toBe(other.file);
});

test('takes a board over from a run that was killed', async () => {
  const first = await lockBoard(device, purpose, folder);
  const { file } = first;
  first[Symbol.dispose]();
  const rival = await ownInProcess(file);
  await expect(lockBoard(device, purpose, folder)).rejects.toThrow(`process ${rival.pid} on`);
  await rival.kill();
  expect(await findBoardOwner(device, folder)).toBeUndefined();
  const lock = await lockBoard(device, purpose, folder);
  lock[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual(['ttyUSB0']);
});

test('says so when no lock can be made', async () => {
  await expect(lockBoard(device, purpose, join(folder, 'missing'))).rejects.toMatchObject({
    code: 'LOCK_FAILED',
  });
});
