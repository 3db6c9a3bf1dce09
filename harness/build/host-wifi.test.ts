import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildForHost } from './host-build.ts';
import type { ConfigValue } from './kconfig.ts';

/** The client on the host, with an access point in the air. */
const FIRMWARE = fileURLToPath(new URL('../../firmware', import.meta.url));
const RESET_BY_PANIC = 64 + 4;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host-wifi-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

const askingFirmware = { EXAMPLE_SOCKET_IP_INPUT_STDIN: true, EXAMPLE_WIFI_SSID_PWD_FROM_STDIN: true };
const lab = { VB_AP_SSID: 'lab', VB_AP_PASSWORD: 'secret123' };

/** A client that runs, and what it has said so far, without the time stamps of its log. */
class Client {
  readonly #child: ChildProcess;
  #log = '';

  constructor(program: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, {
      env: { VB_IP: '127.0.0.5', VB_WIFI_HASTE: '50', VB_RADIO_FD: '3', ...env },
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
  }

  /** All that it has said up to and with what matches, without a reset in between. */
  async says(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#log)) await once(this.#child.stdout as NodeJS.EventEmitter, 'data');
    return this.#log.replaceAll(/^([EWI]) \(\d+\) /gm, '$1 ').replaceAll('\r\n', '\n');
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  hear(line: string): void {
    (this.#child.stdio[3] as Writable).write(`${line}\n`);
  }

  async exitCode(): Promise<number | null> {
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }
}

async function start(
  accessPoint: NodeJS.ProcessEnv = lab,
  config: Record<string, ConfigValue> = askingFirmware,
): Promise<Client> {
  const { buildDir } = await buildForHost({
    firmwareDir: FIRMWARE,
    buildDir: join(dir, config === askingFirmware ? 'asking' : 'knowing'),
    config: { ...config, EXAMPLE_PORT: 9 },
  });
  return new Client(buildDir.appElfPath, accessPoint);
}

test('the right name and password connect, in the words of a chip', async () => {
  const client = await start();
  await client.says(/Please input ssid password:/);
  client.type('lab secret123\n');
  const log = await client.says(/on stdin\r\n/);
  expect(log.slice(log.indexOf('I wifi:'))).toBe(`I wifi:mode : sta (24:0a:0a:c4:12:34)
I wifi:enable tsf
I example_connect: Connecting to lab...
I example_connect: Waiting for IP(s)
I wifi:new:<6,0>, old:<1,0>, ap:<255,255>, sta:<6,0>, prof:1, snd_ch_cfg:0x0
I wifi:state: init -> auth (0xb0)
I wifi:state: auth -> assoc (0x0)
I wifi:state: assoc -> run (0x10)
I wifi:connected with lab, aid = 1, channel 6, BW20, bssid = 02:00:00:00:00:01
I wifi:security: WPA2-PSK, phy: bgn, rssi: -40
I wifi:pm start, type: 1

I esp_netif_handlers: sta ip: 127.0.0.5, mask: 255.0.0.0, gw: 127.0.0.1
I example_connect: Got IPv4 event: Interface "example_netif_sta" address: 127.0.0.5
I example_common: Connected to example_netif_sta
I example_common: - IPv4 address: 127.0.0.5,
I Client: waiting for the server address on stdin
`);
});

test('name and password of menuconfig are used without a question', async () => {
  const client = await start(lab, { EXAMPLE_WIFI_SSID: 'lab', EXAMPLE_WIFI_PASSWORD: 'secret123' });
  expect(await client.says(/Socket created/)).not.toContain('Please input');
});

test('an open network needs its name alone', async () => {
  const client = await start({ VB_AP_SSID: 'lab' });
  await client.says(/Please input/);
  client.type('lab\n');
  expect(await client.says(/waiting for the server address/)).toContain('I wifi:security: Open,');
});

test.each([
  ['another password', 'lab secret124', lab, 15],
  ['another name', 'lap secret123', lab, 201],
  ['no password', 'lab', lab, 210],
  ['a password where none is asked for', 'lab secret123', { VB_AP_SSID: 'lab' }, 211],
])('%s: seven failures, then an abort and a reset', async (_, credentials, accessPoint, reason) => {
  const client = await start(accessPoint);
  await client.says(/Please input/);
  client.type(`${credentials}\n`);
  const ended = client.exitCode();
  const log = await client.says(/Rebooting\.\.\./);
  expect(log.match(/example_connect: Wi-Fi disconnected \d+, trying to reconnect\.\.\./g)).toEqual(
    Array(6).fill(`example_connect: Wi-Fi disconnected ${reason}, trying to reconnect...`),
  );
  expect(log).toContain(
    'I example_connect: WiFi Connect failed 7 times, stop reconnect.\nESP_ERROR_CHECK failed',
  );
  expect(await ended).toBe(RESET_BY_PANIC);
});

test('an empty line crashes it, as it does a chip', async () => {
  const client = await start();
  await client.says(/Please input/);
  client.type('\n');
  expect(await client.says(/Rebooting/)).toContain('LoadProhibited');
});

test('without DHCP it is connected and waits for its address, for as long as the access point is there', async () => {
  const client = await start({ ...lab, VB_AP_DHCP: '0' });
  await client.says(/Please input/);
  client.type('lab secret123\n');
  await client.says(/wifi:pm start/);
  client.hear('ap lost');
  const log = await client.says(/disconnected 201/);
  expect(log).toContain('I example_connect: Wi-Fi disconnected 200, trying to reconnect...');
  expect(log).not.toContain('sta ip');
});

test('a client whose access point goes can’t send until it is back', async () => {
  // Slow enough to be back before the station gives up, however busy this host is.
  const client = await start({ ...lab, VB_WIFI_HASTE: '5' });
  await client.says(/Please input/);
  client.type('lab secret123\n');
  await client.says(/waiting for the server address/);
  client.type('127.0.0.1\n');
  await client.says(/sent seq=1 /);
  client.hear('ap lost');
  // In whichever order the two tasks come to say it.
  const lost = await client.says(/occured[^]*disconnected 200,|disconnected 200,[^]*occured/);
  expect(lost).toContain('I wifi:state: run -> init (0xc800)\n');
  client.hear('ap back');
  const back = await client.says(/occured[^]*sta ip[^]*sent seq=\d+/);
  expect(back.slice(back.indexOf('occured'))).toContain('I wifi:connected with lab');
});
