/** `npm run virtual-board`: an emulated ESP32 board, alone, for any serial tool to talk to. */
import { isIPv4 } from 'node:net';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readAccessPoint, type AccessPoint } from '../harness/boards/virtual/chip/access-point.ts';
import { startVirtualBoard } from '../harness/boards/virtual/virtual-board.ts';
import type { VirtualBoardUrls } from '../harness/boards/virtual/virtual-board.ts';
import { HilError, UsageError } from '../harness/errors.ts';
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
  --json               when ready, print one line of JSON instead of text
  --end-with-stdin     end when standard input ends
  --help               this text

The environment may hold a Wi-Fi access point for the board to connect to: VB_AP_SSID, VB_AP_PASSWORD,
VB_AP_DHCP=0 for one that gives no addresses, VB_WIFI_HASTE=20 for scans 20 times as fast as a chip's.

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
  readonly json: boolean;
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
    await using board = await startVirtualBoard(options);
    console.log(options.json ? describeForPrograms(board.urls, options) : describe(board.urls, options));
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
    json: values.json,
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
        json: { type: 'boolean', default: false },
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
