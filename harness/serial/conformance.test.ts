/**
 * Our client against the servers that others wrote, and another's client against our virtual board. Each part needs
 * its program, and is skipped, with the reason in its title, where that is missing.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startVirtualBoard } from '../boards/virtual/virtual-board.ts';
import { flashImages } from '../flash/embedded-flasher.ts';
import type { BoardPort } from './board-port.ts';
import { openPort } from './open-port.ts';
import { resetIntoApp, resetIntoLoader } from './reset-sequences.ts';
import { startSerialMonitor } from './serial-monitor.ts';
import {
  findFreePort,
  findProgram,
  pythonWithEsptool,
  pythonWithPyserial,
  startProgram,
  untilItWorks,
  type OutsideProgram,
} from './testdata/outside-programs.ts';
import { hasSocat, startPtyPair } from './testdata/pty-pair.ts';

const ser2net = findProgram('ser2net');
const testdata = join(import.meta.dirname, 'testdata');
const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 0xff));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hil-conformance-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function open(url: string, warnings: string[] = []): Promise<BoardPort> {
  const onWarning = (message: string): void => void warnings.push(message);
  return openPort({ path: url, baudRate: 115200, dtr: false, rts: false, onWarning });
}

/** Reads until `done` says so of all that was read. */
async function readUntil(port: BoardPort, done: (heard: Buffer) => boolean): Promise<Buffer> {
  let heard = Buffer.alloc(0);
  for (;;) {
    heard = Buffer.concat([heard, ((await once(port, 'data')) as [Buffer])[0]]);
    if (done(heard)) return heard;
  }
}

function call(action: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    action((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

describe.skipIf(pythonWithPyserial === undefined)(
  "pyserial's server (needs HIL_PYTHON or python3 with pyserial)",
  () => {
    it('carries every byte, confirms every line and setting', { timeout: 20_000 }, async () => {
      await using program = startProgram(pythonWithPyserial ?? '', [join(testdata, 'pyserial_server.py')]);
      const tcpPort = (await program.line(/^port (\d+)$/))[1] ?? '';
      const warnings: string[] = [];
      await using port = await open(`rfc2217://127.0.0.1:${tcpPort}`, warnings);

      const echo = readUntil(port, (heard) => heard.length >= everyByte.length);
      port.write(everyByte);
      expect(await echo).toEqual(everyByte);

      await resetIntoApp(port, { holdMs: 0 });
      await resetIntoLoader(port, { holdMs: 0, bootMs: 0 });
      await call((done) => port.set({ brk: true, dtr: false, rts: false }, done));
      await call((done) => port.set({ brk: false, dtr: false, rts: false }, done));
      expect(program.lines.slice(1)).toEqual([
        ...['dtr 0', 'rts 1', 'rts 0'],
        ...['rts 1', 'dtr 1', 'rts 0', 'dtr 0'],
        ...['break_condition 1', 'break_condition 0'],
      ]);
      await call((done) => port.update({ baudRate: 921600 }, done));
      expect(await port.port?.getBaudRate()).toEqual({ baudRate: 921600 });
      await call((done) => port.flush(done));
      await call((done) => port.drain(done));
      const status = await new Promise((resolve) => port.get((_error, lines) => resolve(lines)));
      // pyserial's loop: DTR comes back as DSR, RTS as CTS.
      expect(status).toMatchObject({ cts: false, dsr: false });
      expect(warnings).toEqual([]);
    });
  },
);

describe.skipIf(pythonWithEsptool === undefined)(
  'esp_rfc2217_server (needs HIL_PYTHON or python3 with esptool)',
  () => {
    it('resets a virtual board behind it, into app and loader', { timeout: 30_000 }, async () => {
      await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
      // Its own sequence into the loader needs the file of a local port.
      const configuration = join(folder, 'esptool.cfg');
      await writeFile(configuration, '[esptool]\ncustom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0\n');
      const tcpPort = await findFreePort();
      const args = ['-m', 'esp_rfc2217_server', '-p', String(tcpPort), board.urls.rfc2217];
      await using server = startProgram(pythonWithEsptool ?? '', args, {
        ESPTOOL_CFGFILE: configuration,
      });
      await server.line(/Waiting for connection/);
      const warnings: string[] = [];
      await using port = await open(`rfc2217://127.0.0.1:${tcpPort}`, warnings);

      const booted = readUntil(port, (heard) => heard.includes('boot:0x13'));
      await resetIntoApp(port);
      expect((await booted).toString('latin1')).toContain('ets Jul 29 2019 12:21:46');

      const inLoader = readUntil(port, (heard) => heard.includes('waiting for download'));
      await resetIntoLoader(port);
      await inLoader;
      expect(warnings).toHaveLength(1);
    });

    it(
      'lets a board behind it be flashed, heard and reset, one after the other',
      { timeout: 60_000 },
      async () => {
        await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
        const configuration = join(folder, 'esptool.cfg');
        await writeFile(configuration, '[esptool]\ncustom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0\n');
        const tcpPort = await findFreePort();
        const args = ['-m', 'esp_rfc2217_server', '-p', String(tcpPort), board.urls.rfc2217];
        await using server = startProgram(pythonWithEsptool ?? '', args, { ESPTOOL_CFGFILE: configuration });
        await server.line(/Waiting for connection/);
        const path = `rfc2217://127.0.0.1:${tcpPort}`;
        const images = [{ name: 'app', offset: 0x10000, data: randomBytes(30_000) }];
        expect(await flashImages({ path, images, baudRate: 460_800 })).toMatchObject({ written: ['app'] });

        const lines: string[] = [];
        const heard = new EventEmitter();
        await using monitor = await startSerialMonitor({
          path,
          baudRate: 115200,
          rawFile: join(folder, 'serial.log'),
          eventsFile: join(folder, 'serial.jsonl'),
          onLine: ({ text }) => {
            lines.push(text);
            if (text.startsWith('rst:0x1')) heard.emit('boot');
          },
          onLost: (error) => heard.emit('error', error),
        });
        expect(monitor.roundTripMs).toBeGreaterThan(0);
        const booted = once(heard, 'boot');
        await monitor.resetBoard();
        await booted;
        expect(lines).toContain('ets Jul 29 2019 12:21:46');
      },
    );
  },
);

describe.skipIf(ser2net === undefined || !hasSocat)('ser2net (needs ser2net and socat)', () => {
  /** Serves a device, on a port that it tells. */
  async function serve(device: string): Promise<{ server: OutsideProgram; tcpPort: number }> {
    const tcpPort = await findFreePort();
    const configuration = join(folder, 'ser2net.yaml');
    await writeFile(
      configuration,
      [
        'connection: &hil',
        `  accepter: telnet(rfc2217),tcp,127.0.0.1,${tcpPort}`,
        `  connector: serialdev,${device},115200n81,local`,
        '',
      ].join('\n'),
    );
    return { server: startProgram(ser2net ?? '', ['-d', '-n', '-c', configuration]), tcpPort };
  }

  it('lets a board behind it be flashed', { timeout: 30_000 }, async () => {
    const flashFile = join(folder, 'flash.bin');
    await using board = await startVirtualBoard({ flashFile, pty: true });
    const { server, tcpPort } = await serve(board.urls.pty ?? '');
    await using _server = server;
    const path = `rfc2217://127.0.0.1:${tcpPort}`;
    const images = [{ name: 'app', offset: 0x10000, data: randomBytes(30_000) }];
    const flash = async () => flashImages({ path, images, baudRate: 460_800, resetHoldMs: 0 });
    expect(await untilItWorks(flash, 10_000)).toMatchObject({ written: ['app'] });
    expect((await readFile(flashFile)).subarray(0x10000, 0x10000 + 30_000)).toEqual(images[0]?.data);
  });

  it('carries every byte both ways', { timeout: 20_000 }, async () => {
    await using pair = await startPtyPair();
    const { server, tcpPort } = await serve(pair.one);
    await using _server = server;
    await using port = await untilItWorks(async () => open(`rfc2217://127.0.0.1:${tcpPort}`), 5000);
    await using board = await openPort({ path: pair.other, baudRate: 115200, dtr: false, rts: false });

    const atBoard = readUntil(board, (heard) => heard.length >= everyByte.length);
    port.write(everyByte);
    expect(await atBoard).toEqual(everyByte);
    const atHost = readUntil(port, (heard) => heard.length >= everyByte.length);
    board.write(everyByte);
    expect(await atHost).toEqual(everyByte);

    await call((done) => port.update({ baudRate: 460800 }, done));
    await call((done) => port.flush(done));
    // Its port has no control lines: nothing is confirmed, and nothing fails.
    await resetIntoApp(port, { holdMs: 0 });

    expect(server.lines.filter((line) => /syntax|invalid/i.test(line))).toEqual([]);

    // It serves one client: the second is told so.
    await expect(open(`rfc2217://127.0.0.1:${tcpPort}`)).rejects.toMatchObject({ code: 'PORT_BUSY' });
  });
});

describe.skipIf(pythonWithPyserial === undefined)(
  "pyserial's client (needs HIL_PYTHON or python3 with pyserial)",
  () => {
    it('finds all that it knows on a virtual board', { timeout: 30_000 }, async () => {
      await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
      const script = join(testdata, 'pyserial_client.py');
      await using client = startProgram(pythonWithPyserial ?? '', [script, board.urls.rfc2217]);
      await client.line(/baud rate changed/);
      expect(client.lines).toEqual([
        'opened',
        'reset into app',
        'reset into loader',
        'purged',
        'synchronised',
        'cts 1 dsr 1 cd 0 ri 0',
        'break sent',
        'baud rate changed',
      ]);
    });
  },
);
