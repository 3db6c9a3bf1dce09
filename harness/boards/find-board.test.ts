import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BenchError, UsageError } from '../errors.ts';
import type { ListedPort } from '../serial/list-ports.ts';
import { findBridge } from '../serial/usb-bridges.ts';
import type { BoardBook, BoardEntry } from './board-entry.ts';
import { findBoard, findEntry, isPresent } from './find-board.ts';

const cp210x = findBridge('10c4', 'ea60');
const desk: ListedPort = {
  path: '/dev/ttyUSB0',
  vendorId: '10c4',
  productId: 'ea60',
  serialNumber: '0a1b',
  ...(cp210x && { bridge: cp210x }),
};
const rack: ListedPort = { ...desk, path: '/dev/ttyUSB1', serialNumber: '0c2d' };
const modem: ListedPort = { path: '/dev/ttyACM0', vendorId: '2341', productId: '0043', product: 'Uno' };
const uart: ListedPort = { path: '/dev/ttyS0' };

function book(...boards: Partial<BoardEntry>[]): BoardBook {
  return {
    file: 'hil.config.json',
    boards: boards.map((entry, index) => ({ name: `board-${index}`, labels: [], ...entry })),
  };
}
const deskEntry = { name: 'desk', usb: { serialNumber: '0A1B', vendorId: '10C4' } };

describe('a board that was named', () => {
  it('keeps its name at another plug', () => {
    const moved = { ...desk, path: '/dev/ttyUSB7' };
    expect(findBoard({ name: 'desk' }, book(deskEntry), [rack, moved])).toMatchObject({
      port: '/dev/ttyUSB7',
      why: 'desk in hil.config.json',
      entry: deskEntry,
      listed: moved,
    });
  });

  it('may be behind a URL', () => {
    const remote = book({ name: 'far', port: 'rfc2217://bench-2:4000' });
    expect(findBoard({ name: 'far' }, remote, [])).toMatchObject({ port: 'rfc2217://bench-2:4000' });
  });

  it.each<[string, BoardBook, ListedPort[], string, typeof BenchError | typeof UsageError]>([
    ['is unknown', book(deskEntry), [desk], 'BOARD_UNKNOWN: There is no board "shelf"', UsageError],
    [
      'is not plugged in',
      book({ ...deskEntry, name: 'shelf' }),
      [rack],
      "BOARD_ABSENT: shelf isn't plugged in: no serial port has serial number 0A1B, vendor 10C4",
      BenchError,
    ],
    [
      'may be any of two',
      book({ name: 'shelf', usb: { vendorId: '10c4', productId: 'ea60' } }),
      [desk, rack],
      'BOARD_AMBIGUOUS: shelf may be any of 2 ports: each has vendor 10c4, product ea60',
      BenchError,
    ],
  ])('but %s is told so', (_, named, ports, sentence, branch) => {
    expect(() => findBoard({ name: 'shelf' }, named, ports)).toThrow(sentence);
    expect(() => findBoard({ name: 'shelf' }, named, ports)).toThrow(branch);
  });
});

describe('a board that was not named', () => {
  it('is the only one that looks like one', () => {
    expect(findBoard({}, book(), [uart, modem, desk])).toMatchObject({
      port: '/dev/ttyUSB0',
      why: 'the only board here, on a Silicon Labs CP210x',
    });
  });

  it('is the only one of the bench file that is there, by its name', () => {
    const known = book(deskEntry, { name: 'away', usb: { serialNumber: 'none' } });
    expect(findBoard({}, known, [desk, modem])).toMatchObject({
      port: '/dev/ttyUSB0',
      why: 'the only board here, desk in hil.config.json',
    });
  });

  it('is asked for when there are several, with each of them', () => {
    const remote = { name: 'far', port: 'socket://bench-2:4000' };
    const ask = (): unknown => findBoard({}, book(deskEntry, remote), [desk, rack, modem]);
    expect(ask).toThrow(BenchError);
    expect(ask).toThrow(
      [
        'WHICH_BOARD: Which board? There are 3, and none was named.',
        '  | --board desk',
        '  | --board far',
        '  | --port /dev/ttyUSB1, Silicon Labs CP210x, serial number 0c2d',
        'Next: say which by --board or --port',
      ].join('\n'),
    );
  });

  it('is never something that merely is a serial port', () => {
    expect(() => findBoard({}, book(), [uart, modem])).toThrow('NO_BOARD: No serial port of this host');
    expect(() => findBoard({}, book(), [uart, modem])).toThrow('| /dev/ttyACM0, Uno');
  });
});

describe('a port that was given', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'find-board-'));
    writeFileSync(join(folder, 'ttyUSB0'), '');
    symlinkSync(join(folder, 'ttyUSB0'), join(folder, 'by-id'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is taken as it is, known or not', () => {
    const port = 'rfc2217://bench-2:4000';
    expect(findBoard({ port }, book(deskEntry), [desk])).toEqual({ port, why: `--port ${port}` });
  });

  it('brings what the bench file knows about it, under each of its names', () => {
    const listed = { ...desk, path: join(folder, 'ttyUSB0') };
    const byId = join(folder, 'by-id');
    const byPath = book({ name: 'desk', port: byId, chip: 'esp32c3' });
    for (const port of [listed.path, byId]) {
      expect(findBoard({ port }, byPath, [listed])).toMatchObject({ port, entry: { chip: 'esp32c3' } });
      expect(findBoard({ port }, book(deskEntry), [listed])).toMatchObject({ entry: { name: 'desk' } });
      // Not listed, as in a container without sysfs.
      expect(findBoard({ port }, byPath, [])).toMatchObject({ entry: { chip: 'esp32c3' } });
    }
  });
});

it('tells what of the bench file is there', () => {
  const [entry] = book(deskEntry).boards;
  expect(findEntry(desk, book(deskEntry))).toMatchObject({ name: 'desk' });
  expect(findEntry(rack, book(deskEntry))).toBeUndefined();
  expect(entry && isPresent(entry, [desk])).toBe(true);
  expect(entry && isPresent(entry, [rack])).toBe(false);
  expect(isPresent({ name: 'far', labels: [], port: 'socket://h:1' }, [])).toBeUndefined();
});
