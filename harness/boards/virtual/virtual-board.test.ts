import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { BenchError } from '../../errors.ts';
import { FLASH_SIZE } from './chip/flash-chip.ts';
import { encodeSlip } from './chip/slip.ts';
import { appImage, chipImage, fullFlash } from './testing/flash-contents.ts';
import { compileTestProgram } from './testing/test-program.ts';
import { WireClient } from '../parts/testing/wire-client.ts';
import { startVirtualBoard } from './virtual-board.ts';
import type { VirtualBoard, VirtualBoardOptions } from './virtual-board.ts';

const FIRST_LINE = 'ets Jul 29 2019 12:21:46\r\n';
const SYNC = encodeSlip(Buffer.from(`000824000000000007071220${'55'.repeat(32)}`, 'hex'));
const SYNC_ANSWER = encodeSlip(Buffer.from('010804000707122000000000', 'hex')).toString('latin1');

let program: Buffer;
beforeAll(() => {
  program = compileTestProgram();
});

let folder: string;
let flashFile: string;
const boards: VirtualBoard[] = [];
const clients: WireClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtual-board-test-'));
  flashFile = join(folder, 'flash.bin');
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client[Symbol.asyncDispose]();
  for (const board of boards.splice(0)) await board[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A board whose flash holds `contents`, by default the test program. */
async function start(
  contents: Buffer = fullFlash(appImage(program)),
  options: Partial<VirtualBoardOptions> = {},
): Promise<VirtualBoard> {
  writeFileSync(flashFile, Buffer.concat([contents, Buffer.alloc(FLASH_SIZE - contents.length, 0xff)]));
  const board = await startVirtualBoard({
    flashFile,
    ip: '127.0.0.9',
    mac: '24:0a:0a:c4:00:01',
    ...options,
  });
  boards.push(board);
  return board;
}

async function open(url: string): Promise<WireClient> {
  const client = await WireClient.connect(url);
  clients.push(client);
  return client;
}

/** Sets the control lines through RFC 2217: DTR 8 on, 9 off; RTS 11 on, 12 off. */
function setControls(client: WireClient, ...values: readonly number[]): void {
  for (const value of values) client.write(Buffer.of(0xff, 0xfa, 0x2c, 5, value, 0xff, 0xf0));
}

function setBaudRate(client: WireClient, baudRate: number): void {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(baudRate);
  client.write(Buffer.from([0xff, 0xfa, 0x2c, 1, ...value, 0xff, 0xf0]));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a board with a program', () => {
  test('boots it and tells it where it runs', async () => {
    const board = await start();
    const client = await open(board.urls.socket);
    // The board is on before anybody listens; what it says from the first byte on is what it says after a reset.
    setControls(await open(board.urls.rfc2217), 11, 12);
    await client.expect(FIRST_LINE);
    expect(await client.expect('app baud=')).toContain('Loaded app from partition at offset 0x10000');
    expect(await client.expect('\r\n')).toMatch(
      /^115200 reason=1 ip=127\.0\.0\.9 mac=24:0a:0a:c4:00:01 pid=\d+\r\n$/,
    );
    const bootUs = Number(/boot_us=(\d+)/.exec(await client.expect('\r\n'))?.[1]);
    // The text alone takes 100 ms; the upper bound only says that it isn't another unit.
    expect(bootUs).toBeGreaterThan(100_000);
    expect(bootUs).toBeLessThan(5_000_000);
  });

  test('carries bytes both ways, all 256 of them', async () => {
    const client = await open((await start()).urls.socket);
    await client.expect('boot_us=');
    await client.expect('\r\n');
    client.write('hello\n');
    await client.expect('echo hello\r\n');
    client.write('bytes\n');
    await vi.waitFor(() => expect(client.bytes).toHaveLength(256), { timeout: 10_000 });
    expect(client.bytes).toEqual(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
  });

  test('tells it of the access point, and when that is gone and back, at the boots to come, too', async () => {
    const board = await start(undefined, {
      accessPoint: { ssid: 'lab', password: 'secret 123', dhcp: false, haste: 20 },
    });
    const client = await open(board.urls.socket);
    await client.expect('boot_us=');
    client.write('wifi\n');
    await client.expect('wifi ssid=lab password=secret 123 dhcp=0 haste=20\r\n');
    await board.inject('access-point lost');
    await board.inject('access-point back');
    client.write('radio\nradio\n');
    await client.expect('radio heard ap lost\r\nradio heard ap back\r\n');
    await board.inject('access-point lost');
    client.write('exit 67\n');
    await client.expect('boot_us=');
    client.write('radio\n');
    await client.expect('radio heard ap lost\r\n');
  });

  test('says on the console what it says on standard error', async () => {
    const client = await open((await start()).urls.socket);
    await client.expect('boot_us=');
    client.write('complain\n');
    await client.expect('complaint\r\n');
  });

  test.each([
    [3, 'rst:0xc (SW_CPU_RESET)'],
    [4, 'rst:0xc (SW_CPU_RESET)'],
    [7, 'rst:0x10 (RTCWDT_RTC_RESET)'],
    [9, 'rst:0xc (SW_CPU_RESET)'],
  ])('that ends with 64 + %i resets the chip', async (reason, banner) => {
    const client = await open((await start()).urls.socket);
    await client.expect('boot_us=');
    client.write(`exit ${64 + reason}\n`);
    expect(await client.expect('app baud=')).toContain(`${banner},boot:0x13`);
    await client.expect(`reason=${reason} `);
  });

  test('that crashes panics and reboots', async () => {
    const client = await open((await start()).urls.socket);
    await client.expect('boot_us=');
    client.write('crash\n');
    await client.expect("Guru Meditation Error: Core  0 panic'ed (SIGSEGV). Exception was unhandled.\r\n");
    await client.expect('Rebooting...\r\n');
    await client.expect('reason=4 ');
  });

  test('that just ends halts', async () => {
    const client = await open((await start()).urls.socket);
    await client.expect('boot_us=');
    client.write('exit 3\n');
    await client.expect('The program ended with exit code 3: halted\r\n');
  });

  test('leaves no file behind and no process when the board goes', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('virtual-board-program-'));
    const board = await start();
    const client = await open(board.urls.socket);
    const pid = Number(/pid=(\d+)/.exec(await client.expect('boot_us='))?.[1]);
    expect(isAlive(pid)).toBe(true);
    const during = readdirSync(tmpdir()).filter((name) => name.startsWith('virtual-board-program-'));
    expect(during.filter((name) => !before.includes(name))).toEqual([]);
    await board[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(folder)).toEqual(['flash.bin']);
    await board[Symbol.asyncDispose]();
  });
});

describe('a board without one', () => {
  test('with an empty flash tries for ever', async () => {
    const client = await open((await start(Buffer.alloc(0))).urls.socket);
    await client.expect('invalid header: 0xffffffff\r\n');
    await client.expect('rst:0x10 (RTCWDT_RTC_RESET),boot:0x13');
    await client.expect('invalid header: 0xffffffff\r\n');
  });

  test('with a corrupt application reboots', async () => {
    const contents = fullFlash(appImage(program));
    contents[0x10100] = (contents[0x10100] ?? 0) ^ 1;
    const client = await open((await start(contents)).urls.socket);
    await client.expect('esp_image: Checksum failed.');
    await client.expect('No bootable app partitions in the partition table\r\n');
    await client.expect('rst:0x3 (SW_RESET),boot:0x13');
  });

  test('with an application for a real chip says so and halts', async () => {
    const client = await open((await start(fullFlash(chipImage()))).urls.socket);
    await client.expect(
      'The app is machine code for a real chip, without a program for this host: halted\r\n',
    );
  });

  test('with a program that this host cannot execute says so', async () => {
    const client = await open((await start(fullFlash(appImage(Buffer.from('no ELF file'))))).urls.socket);
    await client.expect("The program can't run on this host: ");
    await client.expect(': halted\r\n');
  });
});

describe('control lines', () => {
  test('RTS holds the chip in reset and lets it boot again', async () => {
    const client = await open((await start()).urls.rfc2217);
    const pid = Number(/pid=(\d+)/.exec(await client.expect('boot_us='))?.[1]);
    setControls(client, 11);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000, interval: 5 });
    client.forget();
    setControls(client, 12);
    await client.expect(FIRST_LINE);
    await client.expect('rst:0x1 (POWERON_RESET),boot:0x13');
    await client.expect('reason=1 ');
  });

  test('the sequence into the loader leads there, and SYNC is answered after the banner', async () => {
    const client = await open((await start()).urls.rfc2217);
    setControls(client, 9, 11, 9, 8, 12, 8, 9);
    await client.expect('boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n');
    client.write(SYNC);
    for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
  });

  test('without a reset a client with control lines gets no loader', async () => {
    const client = await open((await start()).urls.rfc2217);
    await client.expect('boot_us=');
    client.write(SYNC);
    client.write('\nstill here\n');
    await client.expect('echo still here\r\n');
    expect(client.text).not.toContain(SYNC_ANSWER);
  });

  test('are released when the last client leaves', async () => {
    const board = await start();
    const watching = await open(board.urls.socket);
    await watching.expect('boot_us=');
    await using client = await WireClient.connect(board.urls.rfc2217);
    setControls(client, 11);
    client.stream.end();
    await watching.expect(FIRST_LINE);
    await watching.expect('reason=1 ');
  });

  test('at a wrong baud rate there is garbage both ways', async () => {
    const board = await start();
    const client = await open(board.urls.rfc2217);
    const watching = await open(board.urls.socket);
    setBaudRate(client, 9600);
    await client.expect('\xff\xfa\x2c\x65\x00\x00\x25\x80\xff\xf0');
    setControls(client, 11, 12);
    await watching.expect('boot_us=');
    expect(client.bytes.length).toBeGreaterThan(20);
    expect(client.text).not.toContain('Jul 29');
    client.write('hello\n');
    setBaudRate(client, 115200);
    client.write('\nagain\n');
    expect(await watching.expect('echo again\r\n')).not.toContain('hello');
  });

  test('the ROM takes the baud rate of the host', async () => {
    const client = await open((await start()).urls.rfc2217);
    setBaudRate(client, 57600);
    setControls(client, 9, 11, 8, 12, 9);
    client.write(SYNC);
    for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
  });
});

describe('a link without control lines', () => {
  test('gets the loader on SYNC, wherever that is split, and the program back when it leaves', async () => {
    const board = await start();
    const watching = await open(board.urls.socket);
    await watching.expect('boot_us=');
    const client = await open(board.urls.socket);
    client.write(SYNC.subarray(0, 7));
    await vi.waitFor(() => expect(client.stream.writableLength).toBe(0));
    client.write(SYNC.subarray(7));
    for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
    client.stream.end();
    for (let time = 0; time < 8; time++) await watching.expect(SYNC_ANSWER);
    await watching.expect(FIRST_LINE);
    await watching.expect('boot_us=');
  });
});

test('a paced loader answers no faster than a wire', async () => {
  const client = await open((await start(Buffer.alloc(0), { paceLoader: true })).urls.socket);
  client.write(SYNC);
  for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
  const sent = performance.now();
  client.write(SYNC);
  for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
  const bytes = SYNC.length + 8 * SYNC_ANSWER.length;
  expect(performance.now() - sent).toBeGreaterThanOrEqual(((bytes * 10) / 115200) * 1000);
});

describe('clients', () => {
  test('all hear the same', async () => {
    const board = await start();
    const first = await open(board.urls.socket);
    const second = await open(board.urls.socket);
    for (const client of [first, second]) {
      await client.expect('boot_us=');
      await client.expect('\r\n');
    }
    first.write('print 5000\nend\n');
    expect(await first.expect('echo end\r\n')).toBe(await second.expect('echo end\r\n'));
  });

  test('one that does not read neither stalls the chip nor fills the memory', async () => {
    const board = await start();
    const deaf = await open(board.urls.socket);
    deaf.stream.pause();
    const client = await open(board.urls.socket);
    await client.expect('boot_us=');
    const before = process.memoryUsage.rss();
    // More than the sockets of both sides and the board's own memory for a slow client hold.
    for (let time = 0; time < 50; time++) {
      client.write('print 500000\nend\n');
      await client.expect('echo end\r\n');
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('faults', () => {
  test.each([
    ['panic', "Guru Meditation Error: Core  0 panic'ed (SIGUSR1)", 4],
    ['abort', "Guru Meditation Error: Core  0 panic'ed (SIGABRT)", 4],
    ['task-watchdog', "Guru Meditation Error: Core  0 panic'ed (SIGALRM)", 4],
    ['interrupt-watchdog', "Guru Meditation Error: Core  0 panic'ed (SIGUSR2)", 4],
    ['rtc-watchdog', 'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13', 7],
    ['brownout', 'Brownout detector was triggered\r\n\r\nets Jul 29 2019', 9],
    ['reset', 'rst:0x1 (POWERON_RESET),boot:0x13', 1],
  ] as const)('%s: "%s", and the next program knows the reason', async (fault, words, reason) => {
    const board = await start();
    const client = await open(board.urls.socket);
    await client.expect('Calling app_main()');
    await board.inject(fault);
    // A program that doesn't know the signals is just killed by them; the shim's own words are tested with the shim.
    await client.expect(words);
    await client.expect(`reason=${reason} `);
  });

  test('a CPU that hangs says nothing more, until it is reset', async () => {
    const board = await start();
    const client = await open(board.urls.rfc2217);
    const pid = Number(/pid=(\d+)/.exec(await client.expect('Calling app_main()'))?.[1]);
    await board.inject('hang');
    await vi.waitFor(() => {
      expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /);
    });
    client.write('anybody?\n');
    setControls(client, 11, 12);
    expect(await client.expect('Calling app_main()')).not.toContain('echo');
    expect(isAlive(pid)).toBe(false);
  });

  test('a boot loop goes on until it is switched off', async () => {
    const board = await start(undefined, { faults: ['boot-loop on'] });
    const client = await open(board.urls.socket);
    for (let time = 0; time < 3; time++) await client.expect('Guru Meditation Error');
    await board.inject('boot-loop off');
    await client.expect('Calling app_main()\r\n');
    client.write('still here\n');
    await client.expect('echo still here');
  });

  test('garbage on the wire, of any value and the same each time', async () => {
    const client = await open((await start()).urls.socket);
    await client.expect('Calling app_main()\r\n');
    const board = boards.at(-1);
    await board?.inject('garbage 4096');
    await vi.waitFor(() => expect(client.bytes).toHaveLength(4096));
    const first = client.bytes;
    client.forget();
    await board?.inject('garbage 4096');
    await vi.waitFor(() => expect(client.bytes).toEqual(first));
    expect(new Set(first).size).toBe(256);
  });

  test('a clock that drifts from the next boot on', async () => {
    const board = await start();
    const client = await open(board.urls.socket);
    await client.expect('ppm=0\r\n');
    await board.inject('clock-drift -50');
    await board.inject('reset');
    await client.expect('ppm=-50\r\n');
  });

  test('a reset in the middle of flashing throws the loader out', async () => {
    const board = await start();
    const client = await open(board.urls.rfc2217);
    setControls(client, 9, 11, 9, 8, 12, 8, 9);
    await client.expect('waiting for download\r\n');
    client.write(SYNC);
    for (let time = 0; time < 8; time++) await client.expect(SYNC_ANSWER);
    await board.inject('reset');
    await client.expect('boot:0x13 (SPI_FAST_FLASH_BOOT)');
  });

  test('a silent UART', async () => {
    const board = await start();
    const client = await open(board.urls.socket);
    await client.expect('boot_us=');
    await client.expect('\r\n');
    await board.inject('silent-uart on');
    client.write('one\n');
    await board.inject('silent-uart off');
    client.write('two\n');
    await client.expect('echo two\r\n');
  });

  test('unplugged: the clients lose their connection and may come back', async () => {
    const board = await start();
    const client = await open(board.urls.rfc2217);
    const closed = new Promise((resolve) => client.stream.once('close', resolve));
    await board.inject('unplug');
    await closed;
    await expect(open(board.urls.rfc2217)).rejects.toThrow('ECONNREFUSED');
    await expect(board.inject('panic')).rejects.toThrow(/^FAULT_WITHOUT_VICTIM: .*no power/);
    await board.inject('plug');
    const again = await open(board.urls.socket);
    await again.expect('reason=1 ');
  });
});

test('a flash file is for one board', async () => {
  await start();
  const second = startVirtualBoard({ flashFile });
  await expect(second).rejects.toThrow(BenchError);
  await expect(second).rejects.toThrow('FLASH_IN_USE');
});
