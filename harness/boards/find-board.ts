import { realpathSync } from 'node:fs';
import { BenchError, UsageError } from '../errors.ts';
import type { ListedPort } from '../serial/list-ports.ts';
import { describeUsb, matchesUsb } from '../serial/match-usb.ts';
import { parsePortAddress } from '../serial/port-address.ts';
import type { BoardBook, BoardEntry } from './board-entry.ts';

/** Where a real board is, and what is known about it. */
export interface FoundBoard {
  /** Path or URL of its serial port; of a labgrid place, which tells that when it is acquired, `labgrid:PLACE`. */
  readonly port: string;
  /** Why this one, for the first line of a run. */
  readonly why: string;
  /** As the bench file has it; absent when it has no board there. */
  readonly entry?: BoardEntry;
  /** As the system lists it; absent for a URL, and for a path that isn't listed. */
  readonly listed?: ListedPort;
}

export interface BoardQuestion {
  /** Path or URL that the user gave. */
  readonly port?: string | undefined;
  /** Name of a board in the bench file that the user gave. */
  readonly name?: string | undefined;
}

/**
 * Which real board is meant: the one on the port given, the one of the name given, or the only one that there is. Never one of several:
 * flashing the wrong board is worse than not flashing any.
 *
 * @param ports that this host has at the moment.
 * @throws UsageError `BOARD_UNKNOWN` when the bench file has no such name.
 * @throws BenchError `BOARD_ABSENT` when it isn't plugged in, `BOARD_AMBIGUOUS` when its USB identity is that of several,
 * `NO_BOARD` and `WHICH_BOARD` when nothing was said and there is none, or more than one.
 */
export function findBoard(
  { port, name }: BoardQuestion,
  book: BoardBook,
  ports: readonly ListedPort[],
): FoundBoard {
  if (port !== undefined) return onPort(port, book, ports);
  if (name !== undefined) return place(entryNamed(name, book), book, ports);
  return onlyOne(book, ports);
}

/** The bench file's entry for a port; undefined when it has none. */
export function findEntry(port: ListedPort, { boards }: BoardBook): BoardEntry | undefined {
  return boards.find((entry) => isOn(entry, port));
}

/** Whether the board of an entry is on a port that is listed; undefined when it is elsewhere: behind a URL, or not started yet. */
export function isPresent(entry: BoardEntry, ports: readonly ListedPort[]): boolean | undefined {
  if (entry.port === undefined && entry.usb === undefined) return undefined;
  if (entry.port !== undefined && parsePortAddress(entry.port).kind !== 'device') return undefined;
  return ports.some((port) => isOn(entry, port));
}

function isOn({ usb, port: path }: BoardEntry, port: ListedPort): boolean {
  if (usb !== undefined) return matchesUsb(port, usb);
  return path !== undefined && resolved(path) === resolved(port.path);
}

function onPort(port: string, book: BoardBook, ports: readonly ListedPort[]): FoundBoard {
  const listed = ports.find(({ path }) => resolved(path) === resolved(port));
  const entry =
    listed === undefined
      ? book.boards.find((other) => other.port !== undefined && resolved(other.port) === resolved(port))
      : findEntry(listed, book);
  return {
    port,
    why: entry === undefined ? `--port ${port}` : `--port ${port}, ${entry.name} in ${book.file}`,
    ...(entry && { entry }),
    ...(listed && { listed }),
  };
}

/** @throws UsageError `BOARD_UNKNOWN` */
export function entryNamed(name: string, { file, boards }: BoardBook): BoardEntry {
  const entry = boards.find((other) => other.name === name);
  if (entry !== undefined) return entry;
  const known = boards.map((other) => other.name).join(', ');
  throw new UsageError('BOARD_UNKNOWN', {
    what: `There is no board "${name}"`,
    where: file,
    next:
      known === ''
        ? 'name the board there (docs/bench-file.md), or give its port (--port)'
        : `choose one of ${known}, or name it there (docs/bench-file.md)`,
  });
}

/** Where the board of an entry is at the moment. */
function place(entry: BoardEntry, book: BoardBook, ports: readonly ListedPort[]): FoundBoard {
  const why = `${entry.name} in ${book.file}`;
  if (entry.labgrid !== undefined) return { port: `labgrid:${entry.labgrid.place}`, why, entry };
  const found = ports.filter((port) => isOn(entry, port));
  const [listed] = found;
  if (entry.port !== undefined) return { port: entry.port, why, entry, ...(listed && { listed }) };
  const usb = describeUsb(entry.usb ?? {});
  if (found.length > 1) {
    throw new BenchError('BOARD_AMBIGUOUS', {
      what: `${entry.name} may be any of ${found.length} ports: each has ${usb}`,
      where: book.file,
      evidence: found.map((port) => describePort(port, book)),
      next: "add the serial number to the board's `usb`, or give it by its `port` under /dev/serial/by-path",
    });
  }
  if (listed === undefined) {
    throw new BenchError('BOARD_ABSENT', {
      what: `${entry.name} isn't plugged in: no serial port has ${usb}`,
      where: book.file,
      evidence: ports.map((port) => describePort(port, book)),
      next: 'plug it in (with a cable that has data lines), or see `npm run hil -- --list` for what is there',
    });
  }
  return { port: listed.path, why, entry, listed };
}

/** The board to take when nothing was said: the only one named that is there, or the only port that looks like one. */
function onlyOne(book: BoardBook, ports: readonly ListedPort[]): FoundBoard {
  // A virtual one never stands in for a real board.
  const named = book.boards.filter((entry) => entry.tier === undefined && isPresent(entry, ports) !== false);
  const others = ports.filter((port) => port.bridge !== undefined && findEntry(port, book) === undefined);
  const [entry] = named;
  const [port] = others;
  if (named.length + others.length === 1) {
    if (entry !== undefined) {
      const found = place(entry, book, ports);
      return { ...found, why: `the only board here, ${found.why}` };
    }
    if (port?.bridge !== undefined) {
      return { port: port.path, why: `the only board here, on a ${port.bridge.name}`, listed: port };
    }
  }
  const candidates = [
    ...named.map((known) => `--board ${known.name}`),
    ...others.map((other) => `--port ${describePort(other, book)}`),
  ];
  if (candidates.length > 1) {
    throw new BenchError('WHICH_BOARD', {
      what: `Which board? There are ${candidates.length}, and none was named`,
      evidence: candidates,
      next: 'say which by --board or --port',
    });
  }
  throw new BenchError('NO_BOARD', {
    what: 'No serial port of this host looks like an ESP32 board',
    evidence: ports.map((other) => describePort(other, book)),
    next: 'plug it in (with a cable that has data lines), or name its port: --port /dev/ttyUSB0 or rfc2217://HOST:PORT',
  });
}

/** A port in one line: path, what it is, whose. */
export function describePort(port: ListedPort, book: BoardBook): string {
  const { path, product, serialNumber, bridge, vendorId } = port;
  const name = findEntry(port, book)?.name;
  const what = bridge?.name ?? product ?? (vendorId === undefined ? 'not on USB' : 'USB');
  return [
    path,
    what,
    ...(serialNumber === undefined ? [] : [`serial number ${serialNumber}`]),
    ...(name === undefined ? [] : [name]),
  ].join(', ');
}

/** Where a path leads; the path itself when it leads nowhere, as a URL does. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
