import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { BoardPort } from '../board-port.ts';
import { setLines } from '../lines.ts';
import { openPort } from '../open-port.ts';
import { resetIntoApp, resetIntoLoader } from '../reset-sequences.ts';
import { comPortCommand, comPortControl, encodeComPort, serverOffset } from './com-port.ts';
import { startTestServer } from '../testdata/rfc2217-test-server.ts';

const { FLOWCONTROL_SUSPEND, FLOWCONTROL_RESUME, NOTIFY_MODEMSTATE, SET_BAUDRATE } = comPortCommand;
const { DTR_ON, DTR_OFF, RTS_ON, RTS_OFF } = comPortControl;

const released = { dtr: false, rts: false };
const everyByte = Buffer.from(Array.from({ length: 512 }, (_, index) => index & 0xff));

async function open(url: string, warnings: string[] = []): Promise<BoardPort> {
  return openPort({
    path: url,
    baudRate: 115200,
    ...released,
    onWarning: (message) => warnings.push(message),
  });
}

/** Reads until `length` bytes have come. */
async function readBytes(port: BoardPort, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let count = 0;
  return new Promise((resolve) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      count += chunk.length;
      if (count < length) return;
      port.off('data', take);
      resolve(Buffer.concat(chunks));
    };
    port.on('data', take);
  });
}

function call(action: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    action((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

const lost = async (port: BoardPort): Promise<Error> => {
  if (!port.lost.aborted) await once(port.lost, 'abort');
  return port.lost.reason as Error;
};

describe('opening', () => {
  it('brings the far port to its settings', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    expect(port.isOpen).toBe(true);
    expect(server.commands).toEqual(['5 1', '5 7', '5 a', '1 0 1 c2 0', '2 8', '3 1', '4 1']);
  });

  it.each(['do', 'do-and-wont', 'will'] as const)('takes "%s" for an agreement', async (agreement) => {
    await using server = await startTestServer({ agreement });
    await using port = await open(server.url);
    expect(port.isOpen).toBe(true);
  });

  it('delivers data that comes before the agreement', async () => {
    // ser2net sends what its port says right behind its first offers.
    await using server = await startTestServer({ greeting: Buffer.from('fffb03fffd00626f6f74ffff', 'hex') });
    await using port = await open(server.url);
    expect(await readBytes(port, 5)).toEqual(Buffer.from('boot\xff', 'latin1'));
  });

  it('understands a server whose every byte comes alone', async () => {
    await using server = await startTestServer({ bytewise: true });
    await using port = await open(server.url);
    server.sendData(everyByte);
    expect(await readBytes(port, everyByte.length)).toEqual(everyByte);
  });

  it('says so when nobody listens', async () => {
    const server = await startTestServer();
    await server[Symbol.asyncDispose]();
    await expect(open(server.url)).rejects.toMatchObject({ code: 'PORT_REFUSED' });
  });

  it('says so when the other end is silent, as a raw TCP port is', { timeout: 10_000 }, async () => {
    const raw = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(raw, 'listening');
    const { port } = raw.address() as AddressInfo;
    const error = await open(`rfc2217://127.0.0.1:${port}`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'PORT_NOT_RFC2217' });
    expect(String(error)).toContain('socket://');
    raw.close();
  });

  it('says so when the server is busy with another client', async () => {
    await using server = await startTestServer({
      greeting: Buffer.from('\xff\xfb\x03Port already in use\r\n', 'latin1'),
    });
    await expect(open(server.url)).rejects.toMatchObject({ code: 'PORT_BUSY' });
  });

  it('says so when the server hangs up', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(open(`rfc2217://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'PORT_LOST' });
    server.close();
  });

  it('says so when the far port stays at another rate', async () => {
    await using server = await startTestServer({ fixedBaudRate: 9600 });
    await expect(open(server.url)).rejects.toMatchObject({ code: 'PORT_BAUD_RATE' });
  });

  it('says so when a setting is not confirmed', { timeout: 10_000 }, async () => {
    await using server = await startTestServer({ silentOn: [SET_BAUDRATE] });
    await expect(open(server.url)).rejects.toMatchObject({ code: 'PORT_SILENT' });
  });

  it('ends at once when it is cancelled', async () => {
    await using server = await startTestServer({ silentOn: [SET_BAUDRATE] });
    const cancel = new AbortController();
    const opening = openPort({ path: server.url, baudRate: 115200, ...released, signal: cancel.signal });
    const reason = new Error('enough');
    await server.until(() => server.commands.length > 0);
    cancel.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });
});

describe('control lines', () => {
  it('are left alone by opening when the server does not tell them', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    expect(port.isOpen).toBe(true);
    expect(server.commands.filter((command) => ['5 8', '5 9', '5 b', '5 c'].includes(command))).toEqual([]);
  });

  it('are brought to their place by opening, RTS first, when both stand on', async () => {
    await using server = await startTestServer({ lines: { dtr: true, rts: true } });
    await using port = await open(server.url);
    expect(port.isOpen).toBe(true);
    expect(server.commands.slice(-2)).toEqual(['5 c', '5 9']);
  });

  it('go through no state that would reset the board', async () => {
    await using server = await startTestServer({ lines: released });
    await using port = await open(server.url);
    const before = server.commands.length;
    await setLines(port, { dtr: true, rts: true });
    await setLines(port, { dtr: false, rts: false });
    expect(server.commands.slice(before)).toEqual(['5 8', '5 b', '5 c', '5 9']);
  });

  it('are sent only when they change', async () => {
    await using server = await startTestServer({ lines: released });
    await using port = await open(server.url);
    const before = server.commands.length;
    await setLines(port, released);
    expect(server.commands.slice(before)).toEqual([]);
  });

  it('reset a board into its app, and into its loader', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    const before = server.commands.length;
    await resetIntoApp(port, { holdMs: 0 });
    expect(server.commands.slice(before)).toEqual(['5 9', '5 b', '5 c']);
    await resetIntoLoader(port, { holdMs: 0, bootMs: 0 });
    expect(server.commands.slice(before + 3)).toEqual(['5 b', '5 8', '5 c', '5 9']);
  });

  it('work, with one warning, on a server that does not confirm them', async () => {
    await using server = await startTestServer({ unconfirmed: [DTR_ON, DTR_OFF, RTS_ON, RTS_OFF] });
    const warnings: string[] = [];
    await using port = await open(server.url, warnings);
    await resetIntoApp(port, { holdMs: 0 });
    await server.until(() => server.commands.at(-1) === '5 c');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('does not confirm');
  });

  it('include the break', async () => {
    await using server = await startTestServer({ lines: released });
    await using port = await open(server.url);
    const before = server.commands.length;
    await call((done) => port.set({ brk: true, ...released }, done));
    await call((done) => port.set({ brk: false, ...released }, done));
    expect(server.commands.slice(before)).toEqual(['5 5', '5 6']);
  });

  it('of the modem are read', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    const status = await new Promise((resolve) => port.get((_error, lines) => resolve(lines)));
    expect(status).toEqual({ cts: true, dsr: true, dcd: true });
  });

  it('of the modem are those told last, when the server does not answer', async () => {
    await using server = await startTestServer({ silentOn: [NOTIFY_MODEMSTATE] });
    await using port = await open(server.url);
    const unknown = await new Promise<Error | null>((resolve) => port.get((error) => resolve(error)));
    expect(unknown).toMatchObject({ code: 'PORT_LINES_UNKNOWN' });
    server.sendRaw(encodeComPort(NOTIFY_MODEMSTATE + serverOffset, [0x10]));
    const status = await new Promise((resolve) => port.get((_error, lines) => resolve(lines)));
    expect(status).toEqual({ cts: true, dsr: false, dcd: false });
  });
});

describe('data', () => {
  it('goes both ways unchanged, FFs included', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    port.write(everyByte);
    await server.until(() => server.received.length >= everyByte.length);
    expect(server.received).toEqual(everyByte);
    server.sendData(everyByte);
    expect(await readBytes(port, everyByte.length)).toEqual(everyByte);
  });

  it('is held back while the server asks for it', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    server.sendRaw(encodeComPort(FLOWCONTROL_SUSPEND + serverOffset, []));
    server.sendData(Buffer.from('.'));
    await readBytes(port, 1);
    const written = call((done) => port.write('held', (error) => done(error ?? null)));
    // A command still gets through: its answer proves that the server had time to see the data.
    await call((done) => port.update({ baudRate: 9600 }, done));
    expect(server.received).toHaveLength(0);
    server.sendRaw(encodeComPort(FLOWCONTROL_RESUME + serverOffset, []));
    await written;
    await server.until(() => server.received.length === 4);
  });

  it('that is stale is dropped by a flush, up to the confirmation', async () => {
    await using server = await startTestServer({ staleData: Buffer.from('stale') });
    await using port = await open(server.url);
    const received = readBytes(port, 5);
    await call((done) => port.flush(done));
    server.sendData(Buffer.from('fresh'));
    expect((await received).toString()).toBe('fresh');
  });

  it('drains to the network', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    port.write('x');
    await call((done) => port.drain(done));
  });
});

describe('baud rate', () => {
  it('is changed and confirmed', async () => {
    await using server = await startTestServer();
    await using port = await open(server.url);
    await call((done) => port.update({ baudRate: 921600 }, done));
    expect(server.commands.at(-1)).toBe('1 0 e 10 0');
    expect(port.baudRate).toBe(921600);
  });

  it('that a divider can only come near to is accepted', async () => {
    await using server = await startTestServer({ fixedBaudRate: 114_943 });
    await using port = await open(server.url);
    expect(await port.port?.getBaudRate()).toEqual({ baudRate: 114_943 });
  });
});

describe('the end', () => {
  it.each(['fin', 'rst'] as const)(
    'by the peer (%s) delivers what had come, then the reason',
    async (how) => {
      await using server = await startTestServer();
      await using port = await open(server.url);
      if (how === 'fin') server.sendData(Buffer.from('last words'));
      const words = how === 'fin' ? readBytes(port, 10) : undefined;
      port.resume();
      const closed = once(port, 'close');
      server.hangUp(how);
      expect((await words)?.toString()).toBe(how === 'fin' ? 'last words' : undefined);
      expect(await lost(port)).toMatchObject({ code: 'PORT_LOST' });
      await closed;
      expect(port.isOpen).toBe(false);
    },
  );

  it('by the peer ends a command that waits', async () => {
    await using server = await startTestServer({ silentOn: [comPortCommand.PURGE_DATA] });
    await using port = await open(server.url);
    const flushed = call((done) => port.flush(done));
    await server.until(() => server.commands.at(-1) === 'c 3');
    server.hangUp();
    await expect(flushed).rejects.toMatchObject({ code: 'PORT_LOST' });
  });

  it('by its user is no loss, and may be asked for twice', async () => {
    await using server = await startTestServer();
    const port = await open(server.url);
    port.resume();
    await port[Symbol.asyncDispose]();
    await port[Symbol.asyncDispose]();
    expect(port.lost.aborted).toBe(false);
    expect(port.isOpen).toBe(false);
  });
});
