import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { selectBoard, type BoardWish } from './select-board.ts';
import { SerialBoard } from './serial-board.ts';
import { VirtualBoardProcess } from './virtual-board-process.ts';

const wish: BoardWish = {
  firmwareDir: 'firmware',
  buildsDir: 'firmware',
  firmwareConfig: {},
  serverHost: '127.0.0.1',
  serverPort: 3333,
  root: '/nowhere',
};
const remote = 'rfc2217://127.0.0.1:4000';

it.each<[string, Partial<BoardWish>, typeof SerialBoard | typeof VirtualBoardProcess, string, string]>([
  ['nothing', {}, VirtualBoardProcess, 'virtual board', 'no --port was given'],
  ['a virtual one', { tier: 'virtual' }, VirtualBoardProcess, 'virtual board', 'as asked by --board'],
  [
    'a virtual one that runs already',
    { tier: 'virtual', port: remote },
    VirtualBoardProcess,
    remote,
    `already running at ${remote}`,
  ],
  ['a port', { port: '/dev/ttyUSB0' }, SerialBoard, '/dev/ttyUSB0', '--port /dev/ttyUSB0'],
  ['a real one', { tier: 'board', port: remote }, SerialBoard, remote, `--port ${remote}`],
])('asked for %s', async (_, asked, kind, name, why) => {
  const selection = selectBoard({ ...wish, ...asked });
  await using board = selection.board;
  expect(board).toBeInstanceOf(kind);
  expect(board.name).toBe(name);
  expect(board.real).toBe(kind === SerialBoard);
  expect(selection.why).toBe(why);
});

it('never takes a virtual board for a real one', () => {
  expect(() => selectBoard({ ...wish, tier: 'board' })).toThrow(UsageError);
});
