import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isWithoutLines, setLines } from './lines.ts';
import { openPort, type OpenPortOptions } from './open-port.ts';
import { findPortHolders } from './port-holders.ts';
import { hasSocat, startPtyPair } from './testdata/pty-pair.ts';

const settings = { baudRate: 115200, dtr: false, rts: false };

async function failureOf(options: Partial<OpenPortOptions> & { path: string }): Promise<unknown> {
  try {
    await using port = await openPort({ ...settings, ...options });
    return `${port.path} could be opened`;
  } catch (error) {
    return error;
  }
}

describe('a device', () => {
  it('that is missing is named', async () => {
    const error = await failureOf({ path: '/dev/ttyUSB-missing' });
    expect(error).toMatchObject({ code: 'PORT_MISSING' });
    expect(String(error)).toContain('/dev/ttyUSB-missing');
  });

  it('that is no serial port is refused', async () => {
    expect(await failureOf({ path: '/dev/null' })).toMatchObject({ code: 'PORT_UNUSABLE' });
  });

  it('is not opened for a run that was cancelled', async () => {
    const reason = new Error('enough');
    expect(await failureOf({ path: '/dev/null', signal: AbortSignal.abort(reason) })).toBe(reason);
  });
});

describe.skipIf(!hasSocat)('a pseudo-terminal (needs socat)', () => {
  it('carries bytes both ways', async () => {
    await using pair = await startPtyPair();
    await using one = await openPort({ ...settings, path: pair.one });
    await using other = await openPort({ ...settings, path: pair.other });
    one.write('ping');
    expect(String((await once(other, 'data'))[0])).toBe('ping');
    other.write('pong');
    expect(String((await once(one, 'data'))[0])).toBe('pong');
  });

  it('opens although it has no control lines, and says so when they are needed', async () => {
    await using pair = await startPtyPair();
    await using port = await openPort({ ...settings, path: pair.one });
    const error: unknown = await setLines(port, { dtr: true, rts: false }).catch((reason: unknown) => reason);
    expect(isWithoutLines(error)).toBe(true);
  });

  it('that is locked is busy', async () => {
    await using pair = await startPtyPair();
    await using holder = await openPort({ ...settings, path: pair.one });
    expect(holder.isOpen).toBe(true);
    expect(await failureOf({ path: pair.one })).toMatchObject({ code: 'PORT_BUSY' });
  });

  it('can be opened again once it was closed', async () => {
    await using pair = await startPtyPair();
    for (let time = 0; time < 3; time++) {
      await using port = await openPort({ ...settings, path: pair.one });
      port.resume();
      expect(port.isOpen).toBe(true);
    }
  });

  it('whose other end dies is lost, read or not', async () => {
    for (const isRead of [true, false]) {
      await using pair = await startPtyPair();
      await using port = await openPort({ ...settings, path: pair.one });
      if (isRead) port.resume();
      const gone = once(port.lost, 'abort');
      pair.pull();
      await gone;
      expect(port.lost.reason).toMatchObject({ code: 'PORT_LOST' });
    }
  });
});

describe('findPortHolders', () => {
  it.skipIf(process.platform !== 'linux')('names the process that has a file open (Linux)', async () => {
    // The shell waits for its input, with a file open that nothing else has.
    const path = import.meta.filename;
    const child = spawn('sh', ['-c', `exec 9<"${path}"; echo ready; read _`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const holders = await findPortHolders(path);
    expect(holders.map(({ pid }) => pid)).toContain(child.pid);
    expect(holders[0]?.command).toContain('sh -c');
    child.kill();
    await once(child, 'exit');
  });
});

describe('a raw TCP port', () => {
  async function startServer(onClient: (socket: Socket) => void): Promise<AsyncDisposable & { url: string }> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      onClient(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `socket://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async [Symbol.asyncDispose]() {
        sockets.forEach((socket) => socket.destroy());
        server.close();
        await once(server, 'close');
      },
    };
  }

  it('carries bytes both ways as they are', async () => {
    await using server = await startServer((socket) => socket.pipe(socket));
    await using port = await openPort({ ...settings, path: server.url });
    const bytes = Buffer.from('fffb2c00fff0', 'hex');
    port.write(bytes);
    expect((await once(port, 'data'))[0]).toEqual(bytes);
  });

  it('has no control lines', async () => {
    await using server = await startServer(() => undefined);
    await using port = await openPort({ ...settings, path: server.url });
    await expect(setLines(port, { dtr: false, rts: true })).rejects.toMatchObject({ code: 'PORT_NO_LINES' });
  });

  it('that is in use says so, and not as a line of the board', async () => {
    await using server = await startServer((socket) => socket.end("Port's device already in use\r\n"));
    await using port = await openPort({ ...settings, path: server.url });
    let heard = '';
    port.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    if (!port.lost.aborted) await once(port.lost, 'abort');
    expect(port.lost.reason).toMatchObject({ code: 'PORT_BUSY' });
    expect(heard).toBe('');
  });

  it('that nobody listens at is refused', async () => {
    const server = await startServer(() => undefined);
    await server[Symbol.asyncDispose]();
    expect(await failureOf({ path: server.url })).toMatchObject({ code: 'PORT_REFUSED' });
  });

  it('on a host without a name is unreachable', async () => {
    expect(await failureOf({ path: 'socket://host.invalid:4001' })).toMatchObject({
      code: 'PORT_UNREACHABLE',
    });
  });

  it('holds back a sender when nobody reads', async () => {
    // More than the system's own buffers hold.
    const sentBytes = 32 * 1024 * 1024;
    let onClient: (socket: Socket) => void = () => undefined;
    const connected = new Promise<Socket>((resolve) => (onClient = resolve));
    await using server = await startServer((socket) => {
      onClient(socket);
    });
    await using port = await openPort({ ...settings, path: server.url });
    const sender = await connected;
    sender.write(Buffer.alloc(sentBytes, 'x'));
    let readBytes = 0;
    const all = new Promise<void>((resolve) => {
      port.on('data', (chunk: Buffer) => {
        readBytes += chunk.length;
        if (readBytes === sentBytes) resolve();
      });
    });
    port.pause();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sender.writableLength).toBeGreaterThan(0);
    port.resume();
    await all;
  });
});
