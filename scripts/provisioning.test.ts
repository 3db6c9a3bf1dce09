/**
 * Boards that must get into a Wi-Fi first, as users see them: `npm run hil` on virtual boards with an access point in the air.
 * Each run has a server address of its own, so that runs don't meet.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../harness/record/verdict.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-provisioning-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** As good as a real one: in no other text of this host. Short enough for one line of a hex dump. */
const password = `hunter2-${process.pid}`;
const lab = { VB_AP_SSID: 'lab', VB_AP_PASSWORD: password, VB_WIFI_HASTE: '20' };
const credentials = { HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: password };
const briefly = ['--duration', '1', '--spec', 'payload'];

describe('a firmware that asks for its network', () => {
  it('is told, connects and is judged; nobody sees the password', async () => {
    const { exitCode, output, record, seenIn } = await runHil(1, briefly, { ...lab, ...credentials });
    expect(output).toMatch(/^passed: all \d claims hold/m);
    expect(exitCode).toBe(0);
    const actions = record('events.jsonl');
    expect(actions).toContain('"action":"provision","detail":"network \\"lab\\", with its password"');
    expect(actions).toContain('"action":"provision","detail":"127.0.8.1"');
    expect(record('serial.log')).toContain('wifi:connected with lab,');
    expect(seenIn).toEqual([]);
  });

  it('that echoes what it is told is judged like any other: the echo is not recorded', async () => {
    const firmware = copyFirmware('echo', {
      'host/network.c': (text) =>
        text.replace(
          '    char *rest = NULL;',
          '    ESP_LOGI("echo", "%s", line); ESP_LOG_BUFFER_HEX("echo", line + 4, strlen(line) - 4);\n$&',
        ),
    });
    const { exitCode, output, record, seenIn } = await runHil(2, ['--firmware', firmware, ...briefly], {
      ...lab,
      ...credentials,
    });
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^passed/m);
    for (const file of ['serial.log', 'serial.jsonl']) {
      expect(record(file)).toMatch(/echo: lab \[redacted\][^]*echo: \[redacted\]/);
    }
    expect(seenIn).toEqual([]);
  });

  it('by menuconfig is asked nothing, and its password is kept to itself all the same', async () => {
    const firmware = copyFirmware('configured', {
      'host/sdkconfig.defaults': (text) => text.replace('"myssid"', '"lab"').replace('mypassword', password),
      'host/network.c': (text) =>
        text.replace(
          '    if (wifi_is_emulated()) {',
          '    ESP_LOGI("station", "connecting to %s with %s", credentials.ssid, credentials.password);\n$&',
        ),
    });
    const args = ['--firmware', firmware, ...briefly];
    const { exitCode, record, seenIn } = await runHil(7, args, lab, { provision: false });
    expect(exitCode).toBe(0);
    expect(record('serial.log')).toContain('station: connecting to lab with [redacted]');
    expect(record('serial.log')).not.toContain('Please input');
    expect(record('events.jsonl')).not.toContain('"provision"');
    expect(seenIn).toEqual([]);
  });

  it('that sends the password away makes the run inconclusive, and the record is cleaned', async () => {
    const firmware = copyFirmware('leak', {
      'main/udp_client.c': (text) => text.replace('"Hello from ESP32"', `"${password}"`),
    });
    const { exitCode, output, result, record, seenIn } = await runHil(
      3,
      ['--firmware', firmware, '--duration', '1', '--spec', 'boot'],
      { ...lab, ...credentials },
    );
    expect(exitCode).toBe(2);
    expect(result?.errors).toMatchObject([{ fault: 'bench', code: 'SECRET_LEAKED' }]);
    expect(output).toMatch(/\| datagrams\.jsonl:\d+: hex/);
    expect(record('datagrams.jsonl')).toContain(`"payloadHex":"${'*'.repeat(2 * password.length)}`);
    expect(seenIn).toEqual([]);
  });
});

describe('a bench whose network is not as it should be can not judge', () => {
  it.each([
    ['WIFI_REFUSED', { HIL_WIFI_PASSWORD: 'not-the-password' }, /most likely, the password is wrong/],
    ['WIFI_NOT_FOUND', { HIL_WIFI_SSID: 'lap' }, /finds no access point "lap" \(reason 201, NO_AP_FOUND, 7/],
    ['WIFI_SECURITY', { HIL_WIFI_PASSWORD: '' }, /another kind of security/],
    ['WIFI_NO_ADDRESS', { VB_AP_DHCP: '0' }, /is connected to "lab", and gets no IPv4 address/],
    [
      'WIFI_CREDENTIALS_MISSING',
      { HIL_WIFI_SSID: undefined, HIL_WIFI_PASSWORD: undefined },
      /none were given/,
    ],
  ])('%s', async (code, env, words) => {
    const args = ['--boot-timeout', '8', '--spec', 'boot'];
    const { exitCode, output, result, seenIn } = await runHil(4, args, { ...lab, ...credentials, ...env });
    expect(exitCode).toBe(2);
    expect(result?.verdict).toBe('inconclusive');
    expect(result?.summary).toMatch(new RegExp(`^${code}: `));
    expect(output).toMatch(words);
    expect(output).toMatch(/^ +Next: /m);
    expect(output).not.toContain('DUT_');
    expect(seenIn).toEqual([]);
  });

  it('WIFI_LOST, when the access point goes while the board is observed', async () => {
    const flash = join(scratch, 'lost.flash.bin');
    const args = [
      'scripts/start.cjs',
      'virtual-board',
      '--faults',
      '--json',
      '--flash',
      flash,
      '--ip',
      '127.0.8.108',
    ];
    const board = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...lab } });
    try {
      const [line] = (await once(board.stdout, 'data')) as [Buffer];
      const { rfc2217 } = JSON.parse(line.toString()) as { readonly rfc2217: string };
      const { exitCode, output, result } = await runHil(
        8,
        ['--board', 'virtual', '--port', rfc2217, '--duration', '60', '--spec', 'cadence'],
        credentials,
        {
          onOutput: (text) => {
            if (text.includes('  observe ')) board.stdin.write('access-point lost\n');
          },
        },
      );
      expect(result?.summary).toMatch(
        /^WIFI_LOST: The board lost its access point .* \(reason 200, BEACON_TIMEOUT\)/,
      );
      expect(output).toContain('| I (');
      expect(exitCode).toBe(2);
    } finally {
      const ended = once(board, 'close');
      board.kill();
      await ended;
    }
  });

  it('credentials that can’t be told are wrong usage, before anything is built', async () => {
    const { exitCode, output } = await runHil(5, [], { HIL_WIFI_SSID: 'my lab' });
    expect(exitCode).toBe(64);
    expect(output).toMatch(/^WIFI_CREDENTIALS: HIL_WIFI_SSID must have no blanks/);
  });
});

describe('a firewall of the host', () => {
  const missing = whyNoNamespace();
  it.skipIf(missing !== undefined)(
    `that eats the server’s port is named${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const { exitCode, output, result } = await runHil(
        6,
        ['--spec', 'boot'],
        {},
        {
          provision: false,
          wrapper: behindFirewall,
        },
      );
      expect(exitCode).toBe(2);
      expect(result?.summary).toMatch(
        /^HOST_FIREWALL: Datagrams to 127\.0\.8\.6:4356 don't arrive, not even/,
      );
      expect(output).toContain('| udp dport 4356 drop');
      expect(output).toMatch(/Next: let UDP port 4356 through; `sudo nft list ruleset` shows the rules/);
    },
  );
});

/** A network namespace of its own for one command, in which UDP port 4356 is not let in. */
const behindFirewall = [
  'unshare',
  '--net',
  'sh',
  '-c',
  `ip link set lo up && nft '
     table inet filter {
       chain input {
         type filter hook input priority 0
         udp dport 4356 drop
       }
     }' && exec "$@"`,
  'sh',
];

function whyNoNamespace(): string | undefined {
  try {
    execFileSync('unshare', ['--net', 'nft', 'list', 'ruleset'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs root, unshare and nft';
  }
}

interface Finished {
  readonly exitCode: number | null;
  readonly output: string;
  readonly result: RunResult | undefined;
  /** A file of the run's record. */
  readonly record: (file: string) => string;
  /** Where the password was seen: files of the record, the output, command lines of processes. */
  readonly seenIn: readonly string[];
}

interface RunWays {
  /** Whether the firmware is built to ask. Default true. */
  readonly provision?: boolean;
  /** A command that runs the bench's. */
  readonly wrapper?: readonly string[];
  /** Told all that it has said so far. */
  readonly onOutput?: (output: string) => void;
}

/** Runs the bench with the server at an address of its own, 127.0.8.`number`. */
async function runHil(
  number: number,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { provision = true, wrapper = [], onOutput }: RunWays = {},
): Promise<Finished> {
  const jsonFile = join(scratch, `${number}.json`);
  rmSync(jsonFile, { force: true });
  const server = ['--server-host', `127.0.8.${number}`, '--server-port', String(4350 + number)];
  const hil = [
    process.execPath,
    'scripts/start.cjs',
    'hil',
    ...(provision ? ['--provision'] : []),
    ...server,
    '--json',
    jsonFile,
    ...args,
  ];
  const [command = '', ...rest] = [...wrapper, ...hil];
  const child = spawn(command, rest, {
    cwd: root,
    env: { ...process.env, CI: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const processes = new Set<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      onOutput?.(output);
      for (const line of commandLinesWith(password)) processes.add(line);
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const result = existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as RunResult) : undefined;
  const recordDir = join(root, result?.record ?? '');
  const files = [jsonFile, ...(result === undefined ? [] : filesIn(recordDir))].filter((file) =>
    existsSync(file),
  );
  return {
    exitCode,
    output,
    result,
    record: (file) => readFileSync(join(recordDir, file), 'utf8'),
    seenIn: [
      ...files.filter((file) => holdsPassword(readFileSync(file, 'latin1'))),
      ...(holdsPassword(output) ? ['the output'] : []),
      ...processes,
    ],
  };
}

function holdsPassword(text: string): boolean {
  const bytes = Buffer.from(password);
  const hex = bytes.toString('hex');
  return [password, hex, hex.replaceAll(/..(?=.)/g, '$& ')].some((form) => text.includes(form));
}

function filesIn(dir: string): string[] {
  const entries: Dirent[] = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What everybody on this host can see of its processes. */
function commandLinesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')];
      } catch {
        return []; // it has ended meanwhile
      }
    })
    .filter((line) => line.includes(text));
}

/** A copy of the firmware in which some files are edited. An edit that changes nothing is a mistake of the test. */
function copyFirmware(name: string, edits: Readonly<Record<string, (text: string) => string>>): string {
  const dir = join(scratch, `firmware-${name}`);
  cpSync(join(root, 'firmware'), dir, { recursive: true, filter: (source) => !/\/build[^/]*$/.test(source) });
  for (const [file, edit] of Object.entries(edits)) {
    const text = readFileSync(join(dir, file), 'utf8');
    const edited = edit(text);
    if (edited === text) throw new Error(`the edit of ${file} for "${name}" changes nothing`);
    writeFileSync(join(dir, file), edited);
  }
  return dir;
}
