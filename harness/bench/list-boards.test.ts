import { expect, it } from 'vitest';
import type { BoardBook } from '../boards/board-entry.ts';
import { lockBoard } from '../boards/board-lock.ts';
import { startProgram } from '../serial/testdata/outside-programs.ts';
import { hasSocat, startPtyPair } from '../serial/testdata/pty-pair.ts';
import { listBoards } from './list-boards.ts';

it.skipIf(!hasSocat)('says who has a port open, and which run has it (needs socat)', async () => {
  await using pair = await startPtyPair();
  const book: BoardBook = {
    file: 'hil.config.json',
    boards: [
      { name: 'desk', port: pair.one, labels: [] },
      { name: 'away', usb: { serialNumber: '1' }, labels: [] },
      { name: 'far', port: 'socket://127.0.0.1:9', labels: [] },
    ],
  };
  using lock = await lockBoard(pair.one, { why: 'npm run hil', run: 'run-1' });
  await using reader = startProgram('socat', ['-d', '-d', `${pair.one},raw`, 'exec:cat']);
  await reader.line(/starting data transfer loop/);

  const list = await listBoards(book, () => Promise.resolve([{ path: pair.one }]));
  expect(lock.file).toContain('hil-');
  expect(list.ports).toMatchObject([
    { path: pair.one, board: 'desk', permitted: true, owner: { pid: process.pid, run: 'run-1' } },
  ]);
  expect(list.ports[0]?.openBy.map(({ command }) => command)).toContainEqual(
    expect.stringContaining('exec:cat') as string,
  );
  expect(list.boards.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'desk present',
    'away absent',
    'far remote',
  ]);
});

it('looks at the ports of this host', async () => {
  const list = await listBoards({ file: 'none', boards: [] });
  expect(list.ports.every(({ path }) => path.startsWith('/dev/'))).toBe(true);
});
