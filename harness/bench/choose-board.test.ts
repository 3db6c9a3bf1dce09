import { expect, it } from 'vitest';
import type { BoardBook } from '../boards/board-entry.ts';
import { UsageError } from '../errors.ts';
import { chooseBoard } from './choose-board.ts';

const desk = { name: 'desk', port: '/dev/ttyUSB0', labels: ['wifi', 'esp32'] };
const c3 = { name: 'c3', port: '/dev/ttyACM0', labels: ['esp32c3', 'wifi'] };
const twin = { name: 'twin', tier: 'virtual' as const, labels: [] };
const book = (): BoardBook => ({ file: 'hil.config.json', boards: [desk, c3, twin] });

it.each([
  [{}, {}],
  [{ port: '/dev/ttyUSB0' }, { tier: 'board' }],
  [{ board: 'emulator' }, { tier: 'emulator' }],
  [{ board: 'desk' }, { tier: 'board', boardName: 'desk', entry: desk }],
  [{ board: 'twin' }, { tier: 'virtual', boardName: 'twin', entry: twin }],
  [{ board: 'nobody' }, { tier: 'board', boardName: 'nobody' }],
  [{ board: 'all' }, { several: [desk, c3, twin] }],
  [{ board: 'label:wifi' }, { several: [desk, c3] }],
  [{ board: 'label:esp32c3' }, { several: [c3] }],
])('%j means %j', (given, choice) => {
  expect(chooseBoard(given, book)).toEqual(choice);
});

it('reads no bench file for what is not in it', () => {
  const unreadable = (): BoardBook => {
    throw new Error('not to be read');
  };
  expect(chooseBoard({ board: 'virtual' }, unreadable)).toEqual({ tier: 'virtual' });
  expect(chooseBoard({}, unreadable)).toEqual({});
});

it('says which labels there are when none has the one asked for', () => {
  const ask = () => chooseBoard({ board: 'label:zigbee' }, book);
  expect(ask).toThrow(UsageError);
  expect(ask).toThrow(
    /BOARD_UNKNOWN: No board has the label "zigbee".*\nNext: choose one of esp32, esp32c3, wifi/,
  );
});

it('refuses all boards of a file that names none', () => {
  expect(() => chooseBoard({ board: 'all' }, () => ({ file: 'x.json', boards: [] }))).toThrow(
    'BOARD_UNKNOWN: The bench file names no board (x.json)',
  );
});
