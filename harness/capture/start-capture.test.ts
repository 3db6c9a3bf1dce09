import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../record/events.ts';
import type { CaptureReport } from '../record/verdict.ts';
import { findProgram } from '../serial/testdata/outside-programs.ts';
import { startCapture } from './start-capture.ts';

const isRoot = process.getuid?.() === 0;
/** Somebody else, if there is one who may read this folder: below /root nobody may. */
const nobody = { uid: 65_534, gid: 65_534 };
const mayNobodyRead = isRoot && spawnSync('test', ['-r', import.meta.filename], nobody).status === 0;
const { signal } = new AbortController();
const address = '127.0.14.1';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'capture-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

describe.each([
  ['dumpcap', 'capture.pcapng', 0x0a0d0d0a],
  ['tcpdump', 'capture.pcap', 0xa1b2c3d4],
] as const)('by %s', (tool, name, magic) => {
  const isThere = isRoot && findProgram(tool) !== undefined;

  it.skipIf(!isThere)(
    `has every datagram of the port and address, and no other (needs ${tool}, and root)`,
    async () => {
      usePrograms(tool);
      const talk = await openTalk();
      const { report, end } = await capture(talk.at);
      expect(report()).toMatchObject({
        file: name,
        by: expect.stringContaining(tool) as string,
        filter: `udp port ${talk.at.port} and host ${address}`,
        network: 'lo',
      });
      await talk.exchange('asked', 25);
      await end();
      expect(report()).not.toHaveProperty('reason');
      await talk.exchange('afterwards', 1);
      talk.close();
      const bytes = readFileSync(join(scratch, name));
      expect(bytes.readUInt32LE(0)).toBe(magic);
      expect(count(bytes, 'asked')).toBe(25);
      expect(count(bytes, 'afterwards')).toBe(0);
      expect(count(bytes, 'elsewhere')).toBe(0);
    },
  );
});

describe('that can not be made', () => {
  it('says what to install', async () => {
    usePrograms();
    const { report } = await capture({ address, port: 9 });
    expect(report()).not.toHaveProperty('file');
    expect(report().reason).toMatch(/^CAPTURE_MISSING: There is neither dumpcap nor tcpdump .*\nNext: /);
  });

  it.skipIf(!mayNobodyRead || findProgram('tcpdump') === undefined)(
    'says how this user may capture (needs tcpdump, and root to be another user, who may read this folder)',
    async () => {
      usePrograms('tcpdump');
      chmodSync(scratch, 0o755);
      await using child = startProcess(nobody);
      const report = await child.report;
      expect(report).not.toHaveProperty('file');
      expect(report.reason).toMatch(
        /^CAPTURE_PERMISSION: This user may not capture by tcpdump.*\nNext: sudo setcap cap_net_raw,cap_net_admin=eip \S+tcpdump$/,
      );
    },
  );

  it.skipIf(!isRoot || findProgram('dumpcap') === undefined)(
    'says what the program said (needs dumpcap, and root)',
    async () => {
      const { report } = await capture({ address, port: 9 }, 'no-such-folder/capture');
      expect(report().reason).toMatch(/^CAPTURE_FAILED: dumpcap did not begin to capture/);
      expect(report().reason).toContain('no-such-folder/capture.pcapng');
    },
  );
});

it.skipIf(!isRoot || findProgram('dumpcap') === undefined)(
  'ends with a bench that is killed (needs dumpcap, and root)',
  async () => {
    await using child = startProcess({});
    await child.report;
    expect(capturing()).toHaveLength(1);
    child.kill();
    await expect.poll(capturing, { timeout: 5_000 }).toEqual([]);
  },
);

/** Captures here; `report` is the latest. */
async function capture(at: Endpoint, name = 'capture') {
  let report: CaptureReport = {};
  const capturing = await startCapture({
    at,
    file: join(scratch, name),
    signal,
    onReport: (told) => {
      report = told;
    },
  });
  return { report: () => report, end: () => capturing[Symbol.asyncDispose]() };
}

/** Leaves these programs, and what starts them, in PATH. */
function usePrograms(...names: string[]): void {
  const folder = join(scratch, 'bin');
  mkdirSync(folder);
  for (const name of ['sh', 'cat', 'getcap', 'node', ...names]) {
    const path = name === 'node' ? process.execPath : findProgram(name);
    if (path !== undefined) symlinkSync(path, join(folder, name));
  }
  vi.stubEnv('PATH', folder);
}

/** A socket that is asked, and answers; and one of another port, whose traffic is nobody's business. */
async function openTalk() {
  const [server, other, client] = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')];
  for (const socket of [server, other, client]) socket.bind(0, address);
  await Promise.all([server, other, client].map((socket) => once(socket, 'listening')));
  const { port } = server.address();
  const { port: elsewhere } = other.address();
  return {
    at: { address, port } satisfies Endpoint,
    async exchange(text: string, times: number): Promise<void> {
      for (let time = 0; time < times; time++) {
        const heard = Promise.all([once(server, 'message'), once(other, 'message')]);
        client.send('elsewhere', elsewhere, address);
        client.send(text, port, address);
        await heard;
      }
    },
    close() {
      for (const socket of [server, other, client]) socket.close();
    },
  };
}

function count(bytes: Buffer, text: string): number {
  return bytes.toString('latin1').split(text).length - 1;
}

interface CapturingProcess extends AsyncDisposable {
  readonly report: Promise<CaptureReport>;
  kill(): void;
}

function startProcess(user: { readonly uid?: number; readonly gid?: number }): CapturingProcess {
  const script = join(import.meta.dirname, 'testing/capture.ts');
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', script, address, '9', join(scratch, 'capture')],
    { ...user, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, HOME: scratch } },
  );
  const ended = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout ?? process.stdin }), 'line');
  return {
    report: line.then(([text]) => JSON.parse(text as string) as CaptureReport),
    kill() {
      child.kill('SIGKILL');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Capturing programs that our processes have started. */
function capturing(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const read = (name: string) => readFileSync(join('/proc', pid, name), 'utf8');
      return /^(dumpcap|tcpdump)\n$/.test(read('comm')) && read('environ').includes(`HOME=${scratch}\0`);
    } catch {
      // No process, or one that ended while we looked.
      return false;
    }
  });
}
