import { closeSync, constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Uart } from '../uart.ts';
import type { UartPeer } from '../uart.ts';
import { WireClient } from '../testing/wire-client.ts';
import { openPtyDoor } from './pty-door.ts';
import type { PtyDoor } from './pty-door.ts';

let uart: Uart;
let door: PtyDoor;
let heard: Buffer;
let connected: Set<UartPeer>;
let gone: number;

beforeEach(() => {
  uart = new Uart();
  heard = Buffer.alloc(0);
  gone = 0;
  connected = new Set();
  uart.handle({
    onReceive: (bytes, from) => {
      connected.add(from);
      heard = Buffer.concat([heard, bytes]);
    },
    onDisconnect: () => gone++,
  });
  door = openPtyDoor(uart);
});
afterEach(() => door[Symbol.asyncDispose]());

/** Opens it as `cat` would: no termios is touched. */
function openClient(): WireClient {
  const fd = openSync(door.path, constants.O_RDWR | constants.O_NOCTTY);
  const stream = new ReadStream(fd);
  closeSync(fd); // The stream has opened the terminal anew.
  return new WireClient(stream);
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

test('carries all bytes as they are, both ways, and echoes none', async () => {
  await using client = openClient();
  client.write(everyByte);
  await vi.waitFor(() => expect(heard).toEqual(everyByte), { interval: 5, timeout: 10_000 });
  uart.send(everyByte);
  await vi.waitFor(() => expect(client.bytes).toEqual(everyByte), { interval: 5, timeout: 10_000 });
});

test('notices that a client leaves, and the next can open it', async () => {
  for (const time of [1, 2, 3]) {
    await using client = openClient();
    client.write(`client ${time}`);
    await vi.waitFor(() => expect(heard.toString()).toContain(`client ${time}`), {
      interval: 5,
      timeout: 10_000,
    });
    await client[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(gone).toBe(time), { interval: 5, timeout: 10_000 });
  }
  expect(connected.size).toBe(3);
});

test('what is sent while nobody is there is lost, not kept', async () => {
  uart.send(Buffer.from('nobody hears this'));
  await using client = openClient();
  client.write('here');
  await vi.waitFor(() => expect(heard.toString()).toBe('here'), { interval: 5, timeout: 10_000 });
  uart.send(Buffer.from('now'));
  await client.expect('now');
  expect(client.text).toBe('');
});

test('a client that does not read does not stall the sender', async () => {
  const fd = openSync(door.path, constants.O_RDWR | constants.O_NOCTTY);
  try {
    await vi.waitFor(() => {
      for (let time = 0; time < 100; time++) uart.send(Buffer.alloc(65536));
    });
  } finally {
    closeSync(fd);
  }
  await using client = openClient();
  client.write('still alive');
  await vi.waitFor(() => expect(heard.toString()).toBe('still alive'), { interval: 5, timeout: 10_000 });
});

test('closing it twice is closing it', async () => {
  await door[Symbol.asyncDispose]();
  await door[Symbol.asyncDispose]();
  expect(() => openSync(door.path, constants.O_RDWR | constants.O_NOCTTY)).toThrow();
});
