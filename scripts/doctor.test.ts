/** The doctor as its users run it, on hosts that have more or less in their PATH. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../harness/doctor/doctor.ts';
import type { Finding } from '../harness/doctor/finding.ts';

const root = join(import.meta.dirname, '..');
/** Far from the ports of other tests. */
const serverPort = 4371;

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'hil-doctor-test-'));
});
afterEach(() => {
  rmSync(bin, { recursive: true });
});

/** A program that does what `script` says, first in PATH. */
function putProgram(name: string, script: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

interface Told {
  readonly exitCode: number | null;
  readonly output: string;
}

async function runDoctor(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Told> {
  const child = spawn(process.execPath, ['scripts/start.cjs', 'doctor', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output };
}

/** What it finds on a host whose PATH is `bin` alone, or `bin` before our own. */
async function examine(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ exitCode: number | null; canRun: boolean; find: (id: string) => Finding | undefined }> {
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  const flags = ['--json', '--server-port', String(serverPort), ...args];
  const { exitCode, output } = await runDoctor(flags, { PATH: path, ...env });
  const { canRun, findings } = JSON.parse(output) as Diagnosis;
  return { exitCode, canRun, find: (id) => findings.find((finding) => finding.id === id) };
}

describe('the virtual tier', () => {
  it('can run here, and the report says so: plain lines in a pipe', async () => {
    const { exitCode, output } = await runDoctor(['--server-port', String(serverPort)]);
    expect(output).toMatch(/^✓ C compiler {9}ok {7}\S+ \d+/m);
    expect(output).toMatch(/^✓ UDP port 4371 {6}ok {7}free$/m);
    expect(output.trimEnd().split('\n').at(-1)).toBe('The virtual tier can run.');
    expect(output).not.toContain('\u001b');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['apt-get', 'sudo apt-get install -y build-essential'],
    ['dnf', 'sudo dnf install -y gcc glibc-devel'],
    ['brew', 'brew install gcc'],
    ['nothing', 'install build-essential by the package manager of this system'],
  ])('can not run without a compiler; with %s, this mends it: %s', async (manager, remedy) => {
    putProgram(manager, 'exit 0');
    const { exitCode, canRun, find } = await examine([], { PATH: bin });
    expect(find('c-compiler')).toMatchObject({ state: 'missing', found: 'no cc in PATH', remedy });
    expect(canRun).toBe(false);
    expect(exitCode).toBe(2);
  });

  it('can not run with a compiler that builds nothing', async () => {
    putProgram(
      'cc',
      'test "$1" = --version && echo "cc 1.2.3" && exit; echo "try.c:1: fatal error: stdio.h: No such file" >&2; echo "compilation terminated." >&2; exit 1',
    );
    const { canRun, find } = await examine();
    expect(find('c-compiler')).toMatchObject({ state: 'broken' });
    expect(find('c-compiler')?.found).toBe(
      "cc can't build a program: try.c:1: fatal error: stdio.h: No such file",
    );
    expect(canRun).toBe(false);
  });

  it('can not run while somebody else has the port, who is named', async () => {
    const holder = createSocket('udp4');
    holder.bind(serverPort, '127.0.0.1');
    await once(holder, 'listening');
    try {
      const { canRun, find } = await examine();
      expect(find('udp-port')).toMatchObject({ state: 'broken' });
      expect(find('udp-port')?.found).toContain(`(pid ${process.pid})`);
      expect(canRun).toBe(false);
    } finally {
      holder.close();
    }
  });
});

describe('an emulator', () => {
  it('of Espressif’s counts', async () => {
    putProgram(
      'qemu-system-riscv32',
      'test "$1" = -machine && echo "esp32c3  Espressif ESP32C3" || echo "version 9.2.2"',
    );
    const { find } = await examine();
    expect(find('qemu-system-riscv32')).toMatchObject({ state: 'ok', found: 'qemu-system-riscv32 9.2.2' });
  });

  it('of somebody else’s doesn’t', async () => {
    putProgram('qemu-system-riscv32', 'echo "virt  RISC-V VirtIO board"');
    const { exitCode, find } = await examine(['--board', 'emulator']);
    expect(find('qemu-system-riscv32')).toMatchObject({ state: 'broken', tiers: ['emulator'] });
    expect(find('qemu-system-riscv32')?.found).toContain("is not Espressif's");
    expect(exitCode).toBe(2);
  });
});

describe('credentials', () => {
  it('are found, and not shown', async () => {
    const env = { HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'hunter2-hunter2' };
    const { exitCode, output } = await runDoctor(['--server-port', String(serverPort)], env);
    expect(output).toMatch(/^✓ Wi-Fi credentials {2}ok {7}network "lab"$/m);
    expect(output).not.toContain('hunter2');
    expect(exitCode).toBe(0);
  });

  it('that can’t be told to a firmware are broken, which keeps no run from going on that doesn’t need them', async () => {
    const { canRun, find } = await examine([], { HIL_WIFI_SSID: 'my lab' });
    expect(find('wifi-credentials')).toMatchObject({ state: 'broken' });
    expect(canRun).toBe(true);
  });
});

it('a tool that fails is broken, with its own last words', async () => {
  putProgram('python3', 'echo "cannot open shared object file" >&2; exit 127');
  const { find } = await examine([], { HIL_PYTHON: undefined });
  expect(find('python')).toMatchObject({ state: 'broken', found: 'cannot open shared object file' });
});

it.each([
  [['--board', 'arduino'], '--board must be one of virtual, linux, emulator, board, got "arduino"'],
  [['--server-port', 'x'], '--server-port must be a port from 1 to 65535, got "x"'],
  [['--frobnicate'], "Unknown option '--frobnicate'"],
])('%j is wrong usage', async (args, words) => {
  const { exitCode, output } = await runDoctor(args);
  expect(exitCode).toBe(64);
  expect(output).toContain(words);
  expect(output).not.toMatch(/^\s+at /m);
});
