import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Endpoint } from '../record/events.ts';
import { openDatagramSocket, type DatagramSocket } from '../udp/datagram-socket.ts';
import { socketsOf } from '../udp/udp-sockets.ts';
import { buildForHost } from './host-build.ts';
import type { ConfigValue } from './kconfig.ts';

/** The client itself, on the host, against a server that behaves as no server should. */
const FIRMWARE = fileURLToPath(new URL('../../firmware', import.meta.url));
const ANYWHERE = { address: '127.0.0.1', port: 0 };

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'udp-client-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** A socket of the server's side; `onDatagram` gets the number of the datagram, counted from 0. */
async function openSocket(
  onDatagram: (payload: Buffer, from: Endpoint, index: number) => void = () => undefined,
): Promise<DatagramSocket> {
  let index = 0;
  const socket = await openDatagramSocket({
    at: ANYWHERE,
    stampSource: 'handler',
    onDatagram: ({ payload, from }) => onDatagram(payload, from, index++),
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => socket.close());
  return socket;
}

/**
 * Runs the client until its log matches `until`; the log's lines without their time stamps. `input` is typed on its console, and
 * `look` may look at the process whenever it says something.
 */
async function runClient(
  config: Record<string, ConfigValue>,
  until: { test(log: string): boolean },
  input = '',
  look: (pid: number) => void = () => undefined,
): Promise<string[]> {
  const { buildDir } = await buildForHost({ firmwareDir: FIRMWARE, buildDir: join(dir, 'build'), config });
  const child = spawn(buildDir.appElfPath, {
    env: { VB_IP: '127.0.0.5' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.write(input);
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    look(child.pid ?? NaN);
    if (until.test(log)) child.stdin.end();
  });
  await once(child, 'close');
  return log.split('\r\n').map((line) => line.replace(/^([EWI]) \(\d+\) /, '$1 '));
}

function clientLines(lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.slice(2).startsWith('Client: '))
    .map((line) => line.replace('Client: ', ''));
}

const numbers = (line: string): string => line.replaceAll(/(at_us|rtt_us)=\d+/g, '$1=#');

test('compiles without a warning, the shim included', async () => {
  const buildDir = join(dir, 'fresh');
  await buildForHost({ firmwareDir: FIRMWARE, buildDir });
  expect(await readFile(join(buildDir, 'log', 'build.log'), 'utf8')).not.toContain('warning:');
});

test('sends the payload and logs it, the ack and its round trip', async () => {
  const received: { text: string; from: string }[] = [];
  const server = await openSocket((payload, from) => {
    received.push({ text: payload.toString(), from: from.address });
    server.send(Buffer.from('Ok!'), from, () => undefined);
  });
  const lines = clientLines(await runClient({ EXAMPLE_PORT: server.address.port }, /ack .*\r\n/));
  expect(received[0]).toEqual({ text: 'Hello from ESP32', from: '127.0.0.5' });
  expect(lines.slice(0, 4).map(numbers)).toEqual([
    `I start period_ms=100 host=127.0.0.1 port=${server.address.port} payload_len=16`,
    'I Socket created',
    'I 48 65 6c 6c 6f 20 66 72 6f 6d 20 45 53 50 33 32 ',
    'I sent seq=0 at_us=#',
  ]);
  // Usually the very next line; a busy host may hold the server up for longer than a period.
  expect(lines.find((line) => line.startsWith('I ack'))).toMatch(
    /^I ack seq=\d+ at_us=\d+ rtt_us=\d+ open=\d+$/,
  );
});

test('tells acks from everything else, and how many sends an ack may answer', async () => {
  const stranger = await openSocket();
  const server = await openSocket((_payload, from, index) => {
    const send = (text: string): void => server.send(Buffer.from(text), from, () => undefined);
    if (index === 0) for (const text of ['', 'Nope!', 'Ok!!', 'x'.repeat(5000)]) send(text);
    if (index === 1) stranger.send(Buffer.from('Ok!'), from, () => undefined);
    if (index === 2) for (const text of ['Ok!', 'Ok!']) send(text);
  });
  const config = { EXAMPLE_PORT: server.address.port };
  const lines = clientLines(await runClient(config, /(?: ack .*\r\n[^]*){2}/));
  expect(lines.filter((line) => line.includes('reply'))).toEqual([
    'W reply_unexpected len=0',
    'W reply_unexpected len=5',
    'W reply_unexpected len=4',
    'W reply_unexpected len=128',
    'W reply_unexpected len=3',
  ]);
  const open = lines.filter((line) => line.startsWith('I ack')).map((line) => Number(line.split('open=')[1]));
  // 3 and 0, unless a busy host let a further send slip in.
  expect(open[0]).toBeGreaterThanOrEqual(3);
  expect(open[1]).toBeLessThanOrEqual(1);
});

test('opens a new socket at the next period when a send fails', async () => {
  const config = { EXAMPLE_IPV4_ADDR: '192.0.2.1', EXAMPLE_PORT: 3333 };
  const lines = await runClient(config, /(?:restarting[^]*){2}Socket created\r\n/);
  expect(clientLines(lines).slice(1, 7)).toEqual([
    'I Socket created',
    expect.stringMatching(/^E Error occured during sending: errno \d+$/),
    'E Shutting down socket and restarting...',
    'I Socket created',
    expect.stringMatching(/^E Error occured during sending: errno \d+$/),
    'E Shutting down socket and restarting...',
  ]);
});

test('numbers its datagrams on request, and tells which one an answer is for', async () => {
  const received: string[] = [];
  const answers = ['Ok!', 'Ok! #1', 'Ok! #2x', 'Ok! #', 'Ok! #-4', 'Ok! #5'];
  const server = await openSocket((payload, from, index) => {
    received.push(payload.toString());
    server.send(Buffer.from(answers[index] ?? ''), from, () => undefined);
  });
  const config = { EXAMPLE_NUMBER_PAYLOADS: true, EXAMPLE_PORT: server.address.port };
  const lines = clientLines(await runClient(config, /ack_number seq=5\r\n/));
  expect(received.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5].map((number) => `Hello from ESP32 #${number}`));
  // The payload's second line of dump: it is longer than 16 bytes.
  expect(lines).toContain('I 20 23 30 ');
  const replies = lines.filter((line) => /^[IW] (ack|reply)/.test(line));
  // A busy host lets further datagrams slip in at the end.
  expect(replies.slice(0, 8).map((line) => line.replace(/^I ack seq=.*/, 'I ack'))).toEqual([
    'I ack',
    'I ack',
    'I ack_number seq=1',
    'W reply_unexpected len=7',
    'W reply_unexpected len=5',
    'W reply_unexpected len=7',
    'I ack',
    'I ack_number seq=5',
  ]);
});

test('1,000 failed sends leave one socket open', async () => {
  // A tick of 1 ms and a send at each: 1,000 periods in a second.
  const config = {
    EXAMPLE_IPV4_ADDR: '192.0.2.1',
    EXAMPLE_PORT: 3333,
    EXAMPLE_PERIOD_MS: 1,
    FREERTOS_HZ: 1000,
  };
  // Node.js talks to its children through sockets, too.
  const standardError = 2;
  let mostOpen = 0;
  const lines = await runClient(
    config,
    { test: (log) => log.split('Shutting down socket').length > 1000 && log.endsWith('Socket created\r\n') },
    '',
    (pid) => {
      mostOpen = Math.max(
        mostOpen,
        [...socketsOf(String(pid))].filter(({ fd }) => fd > standardError).length,
      );
    },
  );
  const counted = (text: string): number => clientLines(lines).filter((line) => line.includes(text)).length;
  expect(counted('Error occured during sending')).toBeGreaterThanOrEqual(1000);
  expect(counted('Shutting down socket')).toBe(counted('Error occured during sending'));
  expect(counted('Unable to create socket')).toBe(0);
  const open = counted('Socket created') - counted('Shutting down socket');
  expect(open).toBeGreaterThanOrEqual(0);
  expect(open).toBeLessThanOrEqual(1);
  // The system's own word.
  expect(mostOpen).toBeLessThanOrEqual(1);
});

test('takes credentials and address from the console, whatever ends the lines', async () => {
  const config = {
    EXAMPLE_SOCKET_IP_INPUT_STDIN: true,
    EXAMPLE_WIFI_SSID_PWD_FROM_STDIN: true,
    EXAMPLE_PORT: 3333,
  };
  const input = 'ssid password\r\n\n\r\nno.address\r\n127.0.0.1\r\n';
  const lines = await runClient(config, /Socket created\r\n/, input);
  expect(lines).toContain('I example_connect: Please input ssid password:');
  expect(clientLines(lines).slice(0, 3)).toEqual([
    'I waiting for the server address on stdin',
    'W address_refused text="no.address"',
    'I start period_ms=100 host=127.0.0.1 port=3333 payload_len=16',
  ]);
});
