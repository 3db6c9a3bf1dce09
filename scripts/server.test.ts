import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { connectUdp } from '../harness/udp/testing/udp-client.ts';

/** Starts `npm run server` as npm does. */
function run(...args: string[]) {
  const start = fileURLToPath(new URL('./start.cjs', import.meta.url));
  const child = spawn(process.execPath, [start, 'server', ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[
    Symbol.asyncIterator
  ]();
  return {
    errors: text(child.stderr),
    exit: once(child, 'exit') as Promise<[number | null]>,
    nextLine: async (): Promise<string> => {
      const line = await lines.next();
      return line.done ? expect.fail('no line') : line.value;
    },
    interrupt: () => child.kill('SIGINT'),
    closeOutput: () => child.stdout.destroy(),
  };
}

async function listening(...args: string[]) {
  const server = run('--host', '127.0.0.1', '--port', '0', ...args);
  const line = await server.nextLine();
  const port = Number(/^UDP Server listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]);
  expect(port, line).toBeGreaterThan(0);
  const client = await connectUdp({ address: '127.0.0.1', port });
  onTestFinished(() => client[Symbol.dispose]());
  return { ...server, client, from: `127.0.0.1:${client.address.port}`, port };
}

test('prints the lines of the seed, word for word, and a summary on Ctrl-C', async () => {
  const { client, from, nextLine, interrupt, exit, errors } = await listening();
  for (const [message, printed] of [
    ['Hello from ESP32', 'Hello from ESP32'],
    ['', ''],
    ['\x1b[2Jcleared', '\\x1b[2Jcleared'],
    ['x'.repeat(65_507), 'x'.repeat(65_507)],
  ] as const) {
    expect(await client.ask(message)).toBe('Ok!');
    expect(await nextLine()).toBe(`${from} - ${printed}`);
    expect(await nextLine()).toBe('Sent: Ok!');
  }
  interrupt();
  expect((await exit)[0]).toBe(130);
  expect(await errors).toMatch(/^4 datagrams, 4 acks, mean interval \d+\.\d{3} ms\n$/);
});

test('--stamps shows when each datagram arrived', async () => {
  const { client, from, nextLine } = await listening('--stamps');
  await client.ask('one');
  const stamp = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  const quality = String.raw`(kernel|handler) ±\d+\.\d us`;
  expect(await nextLine()).toMatch(new RegExp(`^${from} - one  \\[${stamp} first, ${quality}\\]$`));
  expect(await nextLine()).toBe('Sent: Ok!');
  await client.ask('two');
  expect(await nextLine()).toMatch(
    new RegExp(`^${from} - two  \\[${stamp} \\+\\d+\\.\\d{3} ms, ${quality}\\]$`),
  );
});

test('--json prints events instead', async () => {
  const { nextLine } = run('--host', '127.0.0.1', '--port', '0', '--json');
  const { kind, at } = JSON.parse(await nextLine()) as {
    kind: string;
    at: { address: string; port: number };
  };
  expect(kind).toBe('server-state');
  using client = await connectUdp(at);
  await client.ask('hi');
  expect(JSON.parse(await nextLine())).toMatchObject({ kind: 'datagram', index: 0, payloadHex: '6869' });
  expect(JSON.parse(await nextLine())).toMatchObject({ kind: 'ack', datagram: 0, outcome: 'sent' });
});

test.each([
  [['--port', '65536'], 64, 'WRONG_USAGE: --port must be a whole number from 0 to 65535, got "65536".'],
  [['--port', ''], 64, 'WRONG_USAGE: --port must be a whole number from 0 to 65535, got "".'],
  [['--bogus'], 64, "WRONG_USAGE: Unknown option '--bogus'."],
  [['--host', '192.0.2.77'], 2, 'ADDRESS_NOT_OURS: 192.0.2.77 is not an address of this host, which has '],
])('%j exits with %d', async (args, code, message) => {
  const { exit, errors } = run(...args);
  expect((await exit)[0]).toBe(code);
  expect((await errors).startsWith(message), await errors).toBe(true);
});

test('a port in use exits with 2 and names the holder', async () => {
  const { port } = await listening();
  const { exit, errors } = run('--host', '127.0.0.1', '--port', String(port));
  expect((await exit)[0]).toBe(2);
  expect(await errors).toContain(`PORT_IN_USE: UDP port 127.0.0.1:${port} is in use by `);
});

test('ends quietly when nobody reads on', async () => {
  const { client, exit, closeOutput, errors } = await listening();
  closeOutput();
  client.send('one');
  client.send('two');
  expect((await exit)[0]).toBe(0);
  expect(await errors).not.toContain('EPIPE');
});
