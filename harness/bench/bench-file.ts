import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import type { BoardBook } from '../boards/board-entry.ts';
import { UsageError } from '../errors.ts';
import { tiers } from '../record/tier.ts';
import { parsePortAddress } from '../serial/port-address.ts';
import { parseResetSequence } from '../serial/reset-strategy.ts';

/** What `--board` calls every board of the bench file. */
export const allBoards = 'all';

/** Where boards are named, in the root of the repository, unless `--config` names another file. */
export const benchFileName = 'hil.config.json';

const text = v.pipe(v.string('a text'), v.minLength(1, 'a text'));
const hexId = v.pipe(v.string('four hex digits'), v.regex(/^[0-9a-f]{4}$/i, 'four hex digits'));
const baudRate = v.pipe(
  v.number('a baud rate'),
  v.integer('a baud rate'),
  v.minValue(300, 'a baud rate'),
  v.maxValue(5_000_000, 'a baud rate from 300 to 5000000'),
);
const udpPort = v.pipe(
  v.number('a port'),
  v.integer('a port'),
  v.minValue(1, 'a port from 1 to 65535'),
  v.maxValue(65_535, 'a port from 1 to 65535'),
);
const sequence = v.pipe(
  v.string('a sequence such as D0|R1|W0.1|R0'),
  v.check(
    (steps) => succeeds(() => parseResetSequence(steps)),
    "a sequence of esptool's steps (D0, D1, R0, R1, U1,0, W0.1), separated by |",
  ),
);

const board = v.pipe(
  v.strictObject({
    name: v.pipe(
      v.string('a name'),
      v.regex(/^[a-z0-9][\w.-]*$/i, 'a name of letters, digits, ., _ and -'),
      v.notValues(tiers, `a name of its own: ${tiers.join(', ')} are what --board calls the tiers`),
      v.notValue(allBoards, `a name of its own: ${allBoards} is what --board calls every board`),
    ),
    tier: v.optional(v.picklist(['virtual'], 'virtual, or left out for a real board')),
    port: v.optional(
      v.pipe(
        text,
        v.check(
          (port) => succeeds(() => parsePortAddress(port)),
          'a path, rfc2217://HOST:PORT or socket://HOST:PORT',
        ),
      ),
    ),
    usb: v.optional(
      v.pipe(
        v.strictObject({
          serialNumber: v.optional(text),
          vendorId: v.optional(hexId),
          productId: v.optional(hexId),
        }),
        v.check((usb) => Object.keys(usb).length > 0, 'at least one of serialNumber, vendorId and productId'),
      ),
    ),
    labgrid: v.optional(
      v.strictObject({
        place: text,
        coordinator: v.optional(v.pipe(text, v.regex(/^[^\s:]+:\d+$/, 'HOST:PORT'))),
      }),
    ),
    chip: v.optional(v.pipe(text, v.regex(/^[a-z0-9]+$/, 'a chip such as esp32 or esp32c3'))),
    labels: v.optional(v.array(text, 'a list of texts'), []),
    server: v.optional(
      v.strictObject({
        address: v.optional(v.pipe(v.string('an IPv4 address'), v.ipv4('an IPv4 address'))),
        port: v.optional(udpPort),
      }),
    ),
    reset: v.optional(
      v.union(
        [v.picklist(['classic', 'usb-serial-jtag']), v.strictObject({ app: sequence, loader: sequence })],
        "classic, usb-serial-jtag, or an object with two sequences of esptool's steps (D0|R1|W0.1|R0): app and loader",
      ),
    ),
    consoleBaudRate: v.optional(baudRate),
    flashBaudRate: v.optional(baudRate),
    arrivesFrom: v.optional(v.pipe(v.string('an IPv4 address'), v.ipv4('an IPv4 address'))),
    emulated: v.optional(v.boolean('true or false')),
  }),
  v.check(({ tier, port, usb, labgrid }) => {
    const places = [port, usb, labgrid].filter((place) => place !== undefined).length;
    return places === 1 || (tier === 'virtual' && places === 0);
  }, 'a board with either port, usb or labgrid'),
  v.check(
    ({ tier, usb }) => tier === undefined || usb === undefined,
    'a virtual board without usb: it has none',
  ),
);

const shape = v.strictObject({
  boards: v.pipe(
    v.array(board, 'a list of boards'),
    v.check(
      (boards) => new Set(boards.map(({ name }) => name)).size === boards.length,
      'a list of boards with a name of its own for each',
    ),
  ),
});

/**
 * Reads the bench file; no boards where there is none and none was named.
 *
 * @param file named by the user; absent: the usual one, if it is there.
 * @throws UsageError `CONFIG_FILE` with the place in the file, what was expected and what was found.
 */
export function readBenchFile(root: string, file?: string): BoardBook {
  const path = file ?? join(root, benchFileName);
  const shown = relative(process.cwd(), path);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && file === undefined) return { file: shown, boards: [] };
    throw wrong(shown, isMissing ? 'There is no such bench file' : 'The bench file is no JSON', error);
  }
  const read = v.safeParse(shape, value);
  if (!read.success) {
    const [issue] = read.issues;
    const place = v.getDotPath(issue) ?? 'the file';
    throw wrong(
      shown,
      `${place} must be ${expected(issue)}, got ${issue.input === undefined ? 'nothing' : JSON.stringify(issue.input)}`,
    );
  }
  // Absent stays absent: valibot leaves out what was not given.
  return { file: shown, boards: read.output.boards as BoardBook['boards'] };
}

/** Our own words for what was expected; valibot's where it speaks of a key that doesn't belong there. */
function expected(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== 'strict_object') return issue.message;
  return issue.expected === 'never'
    ? 'left out (there is no such setting)'
    : `given (${issue.expected ?? ''})`;
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function wrong(file: string, what: string, cause?: unknown): UsageError {
  return new UsageError('CONFIG_FILE', {
    what,
    where: file,
    ...(cause instanceof Error && { evidence: [cause.message] }),
    next: 'see docs/bench-file.md for what it holds',
    cause,
  });
}
