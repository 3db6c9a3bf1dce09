import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FLASH_SIZE } from '../harness/boards/virtual/chip/flash-chip.ts';
import { appImage, fullFlash } from '../harness/boards/virtual/testing/flash-contents.ts';
import { compileTestProgram } from '../harness/boards/virtual/testing/test-program.ts';
import { WireClient } from '../harness/boards/parts/testing/wire-client.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

let folder: string;
let flashFile: string;
const children: Child[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'virtual-board-script-'));
  flashFile = join(folder, 'flash.bin');
});
afterEach(async () => {
  for (const { process } of children.splice(0)) {
    process.kill('SIGKILL');
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  }
  rmSync(folder, { recursive: true });
});

interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Standard output and error so far. */
  readonly output: { out: string; err: string };
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

function run(...args: readonly string[]): Child {
  const child = spawn(
    process.execPath,
    ['scripts/start.cjs', 'virtual-board', '--flash', flashFile, ...args],
    {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const output = { out: '', err: '' };
  child.stdout.on('data', (text: Buffer) => (output.out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.err += text.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const started = { process: child, output, ended };
  children.push(started);
  return started;
}

interface Ready {
  readonly rfc2217: string;
  readonly socket: string;
  readonly pty?: string;
  readonly flash: string;
  readonly pid: number;
}

/** What it prints about each fault. */
interface Answer {
  readonly fault: string;
  readonly error?: { readonly code: string; readonly message: string };
}

async function untilReady({ process }: Child): Promise<Ready> {
  const [line] = (await once(createInterface({ input: process.stdout }), 'line')) as [string];
  return JSON.parse(line) as Ready;
}

/** Lets the board run a program and returns its process id. */
async function runProgram(socket: string): Promise<number> {
  await using console = await WireClient.connect(socket);
  return Number(/pid=(\d+)/.exec(await console.expect('boot_us=', 10_000))?.[1]);
}

function flashProgram(): void {
  const contents = fullFlash(appImage(compileTestProgram()));
  writeFileSync(flashFile, Buffer.concat([contents, Buffer.alloc(FLASH_SIZE - contents.length, 0xff)]));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm run virtual-board', { timeout: 30_000 }, () => {
  test('--json says in one line where the board is', async () => {
    const child = run('--json', '--pty');
    const ready = await untilReady(child);
    expect(ready).toEqual({
      rfc2217: expect.stringMatching(/^rfc2217:\/\/127\.0\.0\.1:\d+$/) as string,
      socket: expect.stringMatching(/^socket:\/\/127\.0\.0\.1:\d+$/) as string,
      pty: expect.stringMatching(/^\/dev\//) as string,
      flash: flashFile,
      pid: child.process.pid,
    });
    expect(existsSync(ready.pty ?? '')).toBe(true);
  });

  test('without --json shows addresses and what to do with them', async () => {
    const child = run();
    await vi.waitFor(() => expect(child.output.out).toContain('Ctrl-C ends the board.'), { timeout: 10_000 });
    expect(child.output.out).toMatch(/RFC 2217 +rfc2217:\/\/127\.0\.0\.1:\d+/);
    expect(child.output.out).toContain('esptool --port socket://127.0.0.1:');
    expect(child.output.out).toContain('npm run server');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ends on %s with %i and leaves nothing behind', async (signal, code) => {
    flashProgram();
    const child = run('--json');
    const pid = await runProgram((await untilReady(child)).socket);
    child.process.kill(signal);
    expect(await child.ended).toBe(code);
    expect(isAlive(pid)).toBe(false);
    expect(readdirSync(folder)).toEqual(['flash.bin']);
    expect(child.output.err).toBe('');
  });

  test('killed, it takes its program with it, and the next board takes over its flash', async () => {
    flashProgram();
    const child = run('--json');
    const pid = await runProgram((await untilReady(child)).socket);
    child.process.kill('SIGKILL');
    await child.ended;
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
    expect(readdirSync(folder)).toEqual(['flash.bin', 'flash.bin.lock']);
    await untilReady(run('--json'));
  });

  test('--end-with-stdin ends with its standard input', async () => {
    const child = run('--json', '--end-with-stdin');
    await untilReady(child);
    child.process.stdin.end();
    expect(await child.ended).toBe(0);
    expect(readdirSync(folder)).toEqual(['flash.bin']);
  });

  test('takes faults from standard input and confirms each, also what was asked for before it was ready', async () => {
    const child = run('--json', '--end-with-stdin', '--fault', 'silent-uart on');
    const answers = createInterface({ input: child.process.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await answers.next()).value as string) as Ready & Answer;
    child.process.stdin.write('silent-uart off\n');
    const ready = await next();
    expect(await next()).toEqual({
      fault: 'silent-uart off',
      rfc2217: ready.rfc2217,
      socket: ready.socket,
    });
    child.process.stdin.write('unplug\npanic\nexplode\n');
    expect((await next()).fault).toBe('unplug');
    expect((await next()).error?.code).toBe('FAULT_WITHOUT_VICTIM');
    expect((await next()).error?.message).toMatch(/^WRONG_FAULT: There is no fault "explode"/);
    child.process.stdin.end();
    expect(await child.ended).toBe(0);
  });

  test('--faults is the same in words, and the end of its input is no end', async () => {
    const child = run('--faults');
    child.process.stdin.end('unplug\n\nplug\nboot-loop maybe\n');
    await vi.waitFor(
      () => {
        expect(child.output.out).toMatch(
          /\nunplug: done\nplug: done\nWRONG_FAULT: A fault is "boot-loop on\|off", not "boot-loop maybe"/,
        );
      },
      { timeout: 10_000 },
    );
    child.process.kill('SIGINT');
    expect(await child.ended).toBe(130);
  });

  test('a flash file in use: says who has it', async () => {
    const first = run('--json');
    const { pid } = await untilReady(first);
    const second = run('--json');
    expect(await second.ended).toBe(2);
    expect(second.output.err).toContain(
      `FLASH_IN_USE: Another virtual board has this flash file: process ${pid}`,
    );
    expect(second.output.out).toBe('');
  });

  test.each(['--rfc2217-port', '--tcp-port'])('%s in use: says so', async (option) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const child = run(option, String(port));
    expect(await child.ended).toBe(64);
    expect(child.output.err).toContain(`PORT_IN_USE: `);
    expect(child.output.err).toContain(`127.0.0.1:${port}`);
    expect(readdirSync(folder)).toEqual(['flash.bin']);
    holder.close();
  });

  test.each([
    [['--rfc2217-port', '70000'], '--rfc2217-port must be a port number from 0 to 65535, got "70000"'],
    [['--tcp-port', 'x'], '--tcp-port must be a port number from 0 to 65535, got "x"'],
    [['--ip', '192.168.1.1'], '--ip must be an address in 127.0.0.0/8, got "192.168.1.1"'],
    [['--fault', 'garbage x'], 'A fault is "garbage BYTES", not "garbage x"'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
  ])('%s is wrong usage', async (args, said) => {
    const child = run(...args);
    expect(await child.ended).toBe(64);
    expect(child.output.err).toContain(said);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('--help says how', async () => {
    const child = run('--help');
    expect(await child.ended).toBe(0);
    expect(child.output.out).toContain('Usage: npm run virtual-board -- [options]');
  });
});
