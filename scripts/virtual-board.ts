/** `npm run virtual-board`: an emulated ESP32 board, alone, for any serial tool to talk to. */
import { isIPv4 } from 'node:net';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  faultDescriptions,
  faultNames,
  faultUsage,
  parseFault,
  type Fault,
} from '../harness/boards/parts/fault.ts';
import { readAccessPoint, type AccessPoint } from '../harness/boards/virtual/chip/access-point.ts';
import { startVirtualBoard, type VirtualBoard } from '../harness/boards/virtual/virtual-board.ts';
import type { VirtualBoardUrls } from '../harness/boards/virtual/virtual-board.ts';
import { describeError, HilError, UsageError } from '../harness/errors.ts';
import { waitForEnd } from './wait-for-end.ts';

const HELP = `Usage: npm run virtual-board -- [options]

An emulated ESP32 development board. It boots what its flash file holds; esptool, terminal programs and
the bench itself reach its UART through three doors.

  --rfc2217-port PORT  serial port with control lines (default: any free port)
  --tcp-port PORT      serial port, data only (default: any free port)
  --pty                offer a pseudo-terminal, too
  --flash FILE         the flash chip's contents, created when missing
                       (default: .hil/virtual-board-1.flash.bin)
  --ip ADDR            the board's own address, in 127.0.0.0/8 (default: 127.0.0.1)
  --stalls FILE        note in it when this host held the board's program up, one line of JSON a time
  --json               when ready, print one line of JSON instead of text
  --fault FAULT        a fault that is there from the first moment on; may be given several times
  --faults             take faults from standard input, one a line, and confirm each by a line
  --end-with-stdin     the same, and end when standard input ends
  --help               this text

The environment may hold a Wi-Fi access point for the board to connect to: VB_AP_SSID, VB_AP_PASSWORD,
VB_AP_DHCP=0 for one that gives no addresses, VB_WIFI_HASTE=20 for scans 20 times as fast as a chip's.

Faults:
${listFaults()}

Ctrl-C ends it. The flash keeps its contents.

Exit code: 2 the flash file is in use or the system refuses, 64 wrong usage, 130 interrupted.`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXIT_USAGE = 64;
const EXIT_FAILED = 2;

interface Options {
  readonly flashFile: string;
  readonly rfc2217Port: number;
  readonly tcpPort: number;
  readonly pty: boolean;
  readonly ip: string;
  readonly accessPoint: AccessPoint | undefined;
  readonly stallsFile: string | undefined;
  readonly json: boolean;
  readonly faults: readonly Fault[];
  readonly readFaults: boolean;
  readonly endWithStdin: boolean;
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === 'help') {
      console.log(HELP);
      return 0;
    }
    // Before anything is opened: a signal during the start must not leave it open.
    const end = waitForEnd(options.endWithStdin);
    // What is asked for while the board starts waits for it.
    const faults = options.readFaults ? readLines() : undefined;
    await using board = await startVirtualBoard(options);
    console.log(options.json ? describeForPrograms(board.urls, options) : describe(board.urls, options));
    if (faults !== undefined) void takeFaults(faults, board, options);
    return await end;
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
  } finally {
    // A board that could not start must not wait for the end of its standard input.
    process.stdin.destroy();
  }
}

/** Faults that are typed, or that a program asks for: one after the other, each confirmed when it is there. */
async function takeFaults(
  lines: AsyncIterable<string>,
  board: VirtualBoard,
  { json }: Options,
): Promise<void> {
  for await (const line of lines) {
    const fault = line.trim();
    if (fault === '') continue;
    try {
      await board.inject(fault as Fault);
      console.log(json ? JSON.stringify({ fault, ...board.urls }) : `${fault}: done`);
    } catch (error) {
      if (!(error instanceof HilError)) throw error;
      console.log(json ? JSON.stringify({ fault, error: describeError(error) }) : error.message);
    }
  }
}

function readLines(): AsyncIterableIterator<string> {
  return createInterface({ input: process.stdin })[Symbol.asyncIterator]();
}

function listFaults(): string {
  return faultNames
    .map((name) => `  ${faultUsage(name).padEnd(19)}  ${faultDescriptions[name].effect}`)
    .join('\n');
}

function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const { ip } = values;
  if (!isIPv4(ip) || !ip.startsWith('127.')) throw wrongOption('--ip', 'an address in 127.0.0.0/8', ip);
  return {
    flashFile: isAbsolute(values.flash) ? values.flash : resolve(values.flash),
    rfc2217Port: parsePort('--rfc2217-port', values['rfc2217-port']),
    tcpPort: parsePort('--tcp-port', values['tcp-port']),
    pty: values.pty,
    ip,
    accessPoint: readAccessPoint(process.env),
    stallsFile: values.stalls === undefined ? undefined : resolve(values.stalls),
    json: values.json,
    faults: values.fault.map((line) => {
      parseFault(line);
      return line as Fault;
    }),
    readFaults: values.faults || values['end-with-stdin'],
    endWithStdin: values['end-with-stdin'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'rfc2217-port': { type: 'string', default: '0' },
        'tcp-port': { type: 'string', default: '0' },
        pty: { type: 'boolean', default: false },
        flash: { type: 'string', default: join(ROOT, '.hil/virtual-board-1.flash.bin') },
        ip: { type: 'string', default: '127.0.0.1' },
        stalls: { type: 'string' },
        json: { type: 'boolean', default: false },
        fault: { type: 'string', multiple: true, default: [] },
        faults: { type: 'boolean', default: false },
        'end-with-stdin': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    // "Unknown option '--foo'. To specify a positional argument …": the rest is for programmers.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw wrongUsage(sentence, error);
  }
}

function parsePort(option: string, text: string): number {
  const port = Number(text);
  if (text === '' || !Number.isInteger(port) || port < 0 || port > 65535) {
    throw wrongOption(option, 'a port number from 0 to 65535', text);
  }
  return port;
}

function wrongOption(option: string, expected: string, received: string): UsageError {
  return wrongUsage(`${option} must be ${expected}, got "${received}"`);
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'see `npm run virtual-board -- --help`', cause });
}

function describeForPrograms(urls: VirtualBoardUrls, { flashFile }: Options): string {
  return JSON.stringify({ ...urls, flash: flashFile, pid: process.pid });
}

function describe(urls: VirtualBoardUrls, { flashFile, ip, accessPoint }: Options): string {
  const flash = relative(process.cwd(), flashFile);
  return `Virtual ESP32 board (an emulation, not hardware)

  RFC 2217  ${urls.rfc2217}   data, baud rate, reset lines
  raw TCP   ${urls.socket}    data
  PTY       ${urls.pty ?? 'none, ask for one with --pty'}
  flash     ${flash.startsWith('..') ? flashFile : flash} (4 MB)
  address   ${ip}${accessPoint === undefined ? '' : `, by the access point "${accessPoint.ssid}"`}

Try:
  esptool --port ${urls.pty ?? urls.socket} flash-id
  python -m serial.tools.miniterm ${urls.rfc2217} 115200
  npm run server

Ctrl-C ends the board.`;
}
