import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { selectBoard, type BoardWish } from './select-board.ts';
import { SerialBoard } from './serial-board.ts';
import { VirtualBoardProcess } from './virtual-board-process.ts';

const wish: BoardWish = {
  firmwareDir: 'firmware',
  buildsDir: 'firmware',
  firmwareConfig: {},
  role: 'client',
  serverHost: '127.0.0.1',
  serverPort: 3333,
  root: '/nowhere',
  book: {
    file: 'hil.config.json',
    boards: [
      { name: 'far', port: 'rfc2217://127.0.0.1:4000', reset: 'usb-serial-jtag', labels: [] },
      { name: 'away', usb: { serialNumber: 'of none' }, labels: [] },
    ],
  },
  flasher: 'auto',
  onTrouble: () => undefined,
};
const remote = 'rfc2217://127.0.0.1:4000';
const other = 'socket://127.0.0.1:4001';

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
  ['a real one', { tier: 'board', port: other }, SerialBoard, other, `--port ${other}`],
  ['a name', { boardName: 'far' }, SerialBoard, `far (${remote})`, 'far in hil.config.json'],
])('asked for %s', async (_, asked, kind, name, why) => {
  const selection = await selectBoard({ ...wish, ...asked });
  await using board = selection.board;
  expect(board).toBeInstanceOf(kind);
  expect(board.name).toBe(name);
  expect(board.real).toBe(kind === SerialBoard);
  expect(selection.why).toBe(why);
});

it('resets a board as the bench file says', async () => {
  const { board } = await selectBoard({ ...wish, boardName: 'far' });
  expect(board.console).toMatchObject({ path: remote, reset: 'usb-serial-jtag' });
});

it('never takes a virtual board for a real one: one that is not there ends the run at its first stage', async () => {
  const { board } = await selectBoard({ ...wish, boardName: 'away' });
  expect(board).toMatchObject({ name: 'away', real: true });
  const stage = { signal: new AbortController().signal, recordDir: '', onProgress: () => undefined };
  await expect(board.build(stage)).rejects.toMatchObject({ code: 'BOARD_ABSENT', fault: 'bench' });
});

it('takes a name that the bench file does not have for wrong usage', async () => {
  await expect(selectBoard({ ...wish, boardName: 'shelf' })).rejects.toThrow(UsageError);
});
