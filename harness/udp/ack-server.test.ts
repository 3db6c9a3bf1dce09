import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BenchError, UsageError } from '../errors.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import { startAckServer, type AckServerEvent, type AckServerOptions } from './ack-server.ts';
import { connectUdp } from './testing/udp-client.ts';

const here = { host: '127.0.0.1', port: 0 };

/** Starts a server and keeps what it tells. */
async function serve(options: Partial<AckServerOptions> = {}) {
  const events: AckServerEvent[] = [];
  const news = new EventEmitter();
  const server = await startAckServer({
    ...here,
    ...options,
    onEvent(event) {
      events.push(event);
      news.emit('event');
    },
  });
  return {
    server,
    events,
    client: await connectUdp(server.address),
    datagrams: () => events.filter((event) => event.kind === 'datagram'),
    acks: () => events.filter((event) => event.kind === 'ack'),
    async until(enough: () => boolean) {
      while (!enough()) await once(news, 'event', { signal: AbortSignal.timeout(3000) });
    },
    async [Symbol.asyncDispose]() {
      this.client[Symbol.dispose]();
      await server.close();
    },
  };
}

function temporaryFile(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ack-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

test('answers each datagram and tells who sent what, when, and when it was answered', async () => {
  await using bench = await serve();
  const { server, client } = bench;
  const askedNs = hostNow();
  expect(await client.ask('Hello from ESP32')).toBe('Ok!');
  const answeredNs = hostNow();
  await bench.until(() => bench.acks().length === 1);

  const [listening, datagram, ack] = bench.events;
  expect(listening).toMatchObject({ kind: 'server-state', state: 'listening', at: server.address });
  expect(datagram).toMatchObject({
    kind: 'datagram',
    index: 0,
    from: client.address,
    length: 16,
    payloadHex: Buffer.from('Hello from ESP32').toString('hex'),
  });
  expect(ack).toMatchObject({ kind: 'ack', datagram: 0, outcome: 'sent' });
  const { stamp } = bench.datagrams()[0] ?? expect.fail('no datagram');
  const arrivedNs = stamp.hostNs;
  expect(arrivedNs + stamp.boundUs * 1000).toBeGreaterThanOrEqual(askedNs);
  expect(bench.acks()[0]?.hostNs).toBeGreaterThanOrEqual(arrivedNs - stamp.boundUs * 1000);
  expect(bench.acks()[0]?.hostNs).toBeLessThanOrEqual(answeredNs);
});

test.each([
  ['an empty datagram', Buffer.alloc(0)],
  ['the longest datagram there is', Buffer.alloc(65_507, 0xa5)],
  ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ['terminal escape sequences', Buffer.from('\x1b]0;owned\x07\x1b[2J')],
  ['broken UTF-8', Buffer.from([0xc3, 0x28, 0xf0, 0x9f])],
])('answers and reports %s', async (_, payload) => {
  await using bench = await serve();
  expect(await bench.client.ask(payload)).toBe('Ok!');
  await bench.until(() => bench.acks().length === 1);
  expect(bench.datagrams()).toMatchObject([
    { length: payload.length, payloadHex: payload.subarray(0, 256).toString('hex') },
  ]);
});

test.each([
  ['Hello from ESP32 #17', 'Ok! #17', 'Ok!'],
  ['Hello from ESP32 #4294967295', 'Ok! #4294967295', 'Ok!'],
  ['Hello from ESP32', 'Ok!', 'Ok!'],
  ['Hello from ESP32 #', 'Ok!', 'Ok!'],
  ['Hello from ESP32 #1 ', 'Ok!', 'Ok!'],
])('answers %j by %j where numbers are wanted, by %j where not', async (payload, numbered, plain) => {
  await using numbering = await serve({ echoNumbers: true });
  expect(await numbering.client.ask(payload)).toBe(numbered);
  await using seed = await serve();
  expect(await seed.client.ask(payload)).toBe(plain);
});

test('keeps the whole payload on request', async () => {
  await using bench = await serve({ keepPayloadBytes: 65_507 });
  const payload = Buffer.alloc(65_507, 'x');
  await bench.client.ask(payload);
  await bench.until(() => bench.datagrams().length === 1);
  expect(bench.datagrams()[0]?.payloadHex).toBe(payload.toString('hex'));
});

test('a restart keeps the port and counts on; what comes in between is not answered', async () => {
  await using bench = await serve();
  const { server, client } = bench;
  await client.ask('before');
  await server.stop();
  client.send('in between');
  await server.start();
  expect(await client.ask('after')).toBe('Ok!');
  await bench.until(() => bench.acks().length === 2);

  expect(
    bench.datagrams().map(({ index, payloadHex }) => [index, Buffer.from(payloadHex, 'hex').toString()]),
  ).toEqual([
    [0, 'before'],
    [1, 'after'],
  ]);
  const states = bench.events.filter((event) => event.kind === 'server-state');
  expect(states.map(({ state }) => state)).toEqual(['listening', 'stopped', 'listening']);
  expect(new Set(states.map(({ at }) => at.port))).toEqual(new Set([server.address.port]));
});

test('withholds exactly as many acks as asked for', async () => {
  await using bench = await serve();
  const { server, client } = bench;
  await client.ask('0');
  const withheld = server.withholdAcks(3, { timeoutMs: 2000 });
  // Answered by the same thread in order: now the request is in force.
  await server.health();
  for (const text of ['1', '2', '3']) client.send(text);
  expect(await withheld).toEqual([1, 2, 3]);
  expect(await client.ask('4')).toBe('Ok!');
  await bench.until(() => bench.acks().length === 5);
  expect(bench.acks().map(({ outcome }) => outcome)).toEqual([
    'sent',
    'withheld',
    'withheld',
    'withheld',
    'sent',
  ]);
});

test('answers again when the datagrams to withhold did not come in time', async () => {
  await using bench = await serve();
  const waiting = bench.server.withholdAcks(2, { timeoutMs: 20 });
  await expect(waiting).rejects.toThrow('TIMEOUT: No 2 datagrams to leave unanswered within 20 ms.');
  expect(await bench.client.ask('still there?')).toBe('Ok!');
});

test('refuses to withhold twice at a time', async () => {
  await using bench = await serve();
  const first = bench.server.withholdAcks(1, { timeoutMs: 2000 });
  await expect(bench.server.withholdAcks(1, { timeoutMs: 2000 })).rejects.toThrow(UsageError);
  await bench.server.health();
  bench.client.send('the one');
  expect(await first).toEqual([0]);
});

test('writes to its file what it tells, before it tells', async () => {
  const eventsFile = temporaryFile('datagrams.jsonl');
  const written = (): unknown[] =>
    readFileSync(eventsFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  await using bench = await serve({ eventsFile });
  await bench.client.ask('one');
  await bench.until(() => bench.acks().length === 1);
  expect(written()).toEqual(expect.arrayContaining(bench.events));
  await bench.server.close();
  expect(written().slice(-2)).toMatchObject([
    { kind: 'bench-health', thread: 'server' },
    { kind: 'server-state', state: 'stopped' },
  ]);
});

test('goes on in another file when told so, and loses nothing between the two', async () => {
  const files = [temporaryFile('first.jsonl'), temporaryFile('second.jsonl')] as const;
  await using bench = await serve({ eventsFile: files[0] });
  await bench.client.ask('one');
  await bench.until(() => bench.acks().length === 1);
  await bench.server.recordTo(files[1]);
  await bench.client.ask('two');
  await bench.until(() => bench.acks().length === 2);
  const acked = (file: string) =>
    [...readFileSync(file, 'utf8').matchAll(/"kind":"ack","datagram":(\d)/g)].map(([, index]) => index);
  expect(files.map(acked)).toEqual([['0'], ['1']]);
  await expect(bench.server.recordTo('/no/such/folder/third.jsonl')).rejects.toMatchObject({
    code: 'JOURNAL_FAILED',
  });
  await bench.client.ask('three');
  await bench.until(() => bench.acks().length === 3);
  expect(acked(files[1])).toEqual(['1', '2']);
});

test('answers at once while the main thread is busy', async () => {
  await using bench = await serve();
  await bench.client.ask('warm up');
  bench.client.send('the main thread is busy');
  const untilNs = hostNow() + 300e6;
  while (hostNow() < untilNs);
  await bench.until(() => bench.acks().length === 2);
  expect(bench.acks()[1]?.hostNs).toBeLessThan(untilNs);
});

test(
  '20,000 datagrams in a burst are answered, or counted as dropped by the host',
  { timeout: 10_000 },
  async () => {
    await using bench = await serve();
    const total = 20_000;
    for (let sent = 0; sent < total; sent++) bench.client.send('burst');
    const accounted = async (): Promise<number> => {
      const { droppedByHost = 0 } = await bench.server.health();
      return bench.acks().length + droppedByHost;
    };
    const startNs = hostNow();
    while ((await accounted()) < total) expect(elapsedMs(startNs)).toBeLessThan(5000);
    expect(await accounted()).toBe(total);
    expect(bench.datagrams().map(({ index }) => index)).toEqual(bench.acks().map(({ datagram }) => datagram));
  },
);

test('stamps by the handler where the kernel is not asked, and says so', async () => {
  await using bench = await serve({ stampSource: 'handler' });
  expect(bench.server.stampSource).toBe('handler');
  await bench.client.ask('x');
  await bench.until(() => bench.datagrams().length === 1);
  expect(bench.datagrams()[0]?.stamp.source).toBe('handler');
  expect(bench.datagrams()[0]?.stamp.boundUs).toBeGreaterThanOrEqual(200);
});

test.runIf(process.platform === 'linux')('names the program that has the port', async () => {
  const holder = spawn(process.execPath, [
    '-e',
    `const socket = require('dgram').createSocket('udp4');
     socket.bind(0, '127.0.0.1', () => console.log(socket.address().port)); // \x1b[31m`,
  ]);
  onTestFinished(() => void holder.kill());
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const error = await startAckServer({ host, port }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BenchError);
    expect(error).toMatchObject({ code: 'PORT_IN_USE' });
    const { message } = error as BenchError;
    expect(message).toContain(`UDP port ${host}:${port} is in use by "`);
    expect(message).toContain(`(pid ${holder.pid ?? ''})`);
    expect(message).not.toContain('\x1b');
  }
});

test('a port that was taken while the server was stopped', async () => {
  await using bench = await serve();
  await bench.server.stop();
  const rival = createSocket('udp4').bind(bench.server.address.port, '127.0.0.1');
  onTestFinished(() => void rival.close());
  await once(rival, 'listening');
  await expect(bench.server.start()).rejects.toMatchObject({ code: 'PORT_IN_USE' });
});

test.each([
  // TEST-NET-1 (RFC 5737) and a name that never resolves (RFC 6761).
  ['192.0.2.77', 'ADDRESS_NOT_OURS', '192.0.2.77 is not an address of this host, which has '],
  ['no-such-host.invalid', 'HOST_UNKNOWN', '"no-such-host.invalid" is no IPv4 address and no name of one'],
  ['::1', 'HOST_UNKNOWN', '"::1" is no IPv4 address and no name of one'],
])('listening on %s is %s', async (host, code, what) => {
  const error = await startAckServer({ host, port: 0 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BenchError);
  expect(error).toMatchObject({ code, story: { what: expect.stringContaining(what) as string } });
});

test('a file that cannot be opened', async () => {
  const starting = startAckServer({ ...here, eventsFile: '/no/such/folder/datagrams.jsonl' });
  await expect(starting).rejects.toThrow(BenchError);
  await expect(starting).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
});

test.runIf(process.platform === 'linux')(
  'a full disk is told once and does not stop the server',
  async () => {
    const failures: Error[] = [];
    await using bench = await serve({ eventsFile: '/dev/full', onFailure: (error) => failures.push(error) });
    expect(await bench.client.ask('still there?')).toBe('Ok!');
    await bench.until(() => bench.acks().length === 1);
    expect(failures).toMatchObject([{ code: 'JOURNAL_FAILED', fault: 'bench' }]);
    expect(failures[0]?.message).toContain('no space left on device');
  },
);

test('a name of this host will do', async () => {
  await using bench = await serve({ host: 'localhost' });
  expect(bench.server.address.address).toBe('127.0.0.1');
});

test('an aborted start throws the reason; a later abort closes the server', async () => {
  const reason = new Error('interrupted');
  await expect(startAckServer({ ...here, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

  const during = new AbortController();
  const starting = startAckServer({ ...here, signal: during.signal });
  during.abort(reason);
  await expect(starting).rejects.toBe(reason);

  const later = new AbortController();
  await using bench = await serve({ signal: later.signal });
  later.abort(reason);
  await bench.until(() => bench.events.at(-1)?.kind === 'server-state' && bench.events.length === 2);
  await bench.server.close();
  await expect(bench.server.health()).rejects.toThrow('THREAD_ENDED');
});
