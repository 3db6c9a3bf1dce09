import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runTool } from '../process/run-tool.ts';
import { BoardStalls } from '../record/board-stalls.ts';
import type { BuildDirectory } from './build-directory.ts';
import { buildForHost } from './host-build.ts';

/** A firmware that does what the line on its console says. */
const PROBE = fileURLToPath(new URL('testdata/probe', import.meta.url));
const RESET = { software: 64 + 3, panic: 64 + 4, taskWatchdog: 64 + 6 };
/** Bites after a second, not after ESP-IDF's five. */
const config = { ESP_TASK_WDT_TIMEOUT_S: 1 };

let dir: string;
let built: BuildDirectory;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host-shim-'));
  built = (await buildForHost({ firmwareDir: PROBE, buildDir: dir, config })).buildDir;
}, 30_000);
afterAll(async () => {
  await rm(dir, { recursive: true });
});

interface Outcome {
  readonly exitCode: number | null;
  /** What came after the firmware said that it is ready. */
  readonly log: string;
  readonly bootLog: string;
}

/** As `run`, and sends `signal` in place of typing anything: the board's way to ask for a fault. */
async function suffer(signal: NodeJS.Signals): Promise<Outcome> {
  return await run('', {}, (child) => void child.kill(signal));
}

/** Starts the probe, types `act` once it is ready, and ends its input once it has done it or the process has ended. */
async function run(
  act: string,
  env: Record<string, string> = {},
  whenReady: (child: ChildProcessWithoutNullStreams) => void = ({ stdin }) => void stdin.write(`${act}\r`),
): Promise<Outcome> {
  const child = spawn(built.appElfPath, { env });
  child.stderr.pipe(process.stderr);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let typed = false;
  child.stdin.on('error', () => undefined); // it has crashed meanwhile: what this test is about
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (!typed && output.includes('probe: ready\r\n')) {
      typed = true;
      whenReady(child);
    }
    if (output.includes(`probe: done ${act}\r\n`)) child.stdin.end();
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const [bootLog = '', log = ''] = output.split('probe: ready\r\n');
  return { exitCode, log, bootLog };
}

describe('boot', () => {
  test('says who it is, as ESP-IDF does', async () => {
    const { bootLog } = await run('hex');
    const lines = bootLog.split('\r\n').map((line) => line.replace(/\(\d+\)/, '(0)'));
    expect(lines.slice(2, 10)).toEqual([
      'I (0) app_init: Application information:',
      'I (0) app_init: Project name:     probe',
      expect.stringMatching(/^I \(0\) app_init: App version: {6}\S+$/),
      expect.stringMatching(/^I \(0\) app_init: Compile time: {5}\w{3} [ \d]\d \d{4} \d\d:\d\d:\d\d$/),
      // The program by itself is like an image that was never patched; see host-build.test.ts.
      'I (0) app_init: ELF file SHA256:  000000000...',
      'I (0) app_init: ESP-IDF:          host-shim v1',
      'I (0) main_task: Started on CPU0',
      'I (0) main_task: Calling app_main()',
    ]);
  });

  test('goes on where the bootloader stopped', async () => {
    const { bootLog } = await run('hex', { VB_BOOT_US: '5000000' });
    expect(Number(/^I \((\d+)\)/.exec(bootLog)?.[1])).toBeGreaterThanOrEqual(5000);
  });

  test('knows why it was reset', async () => {
    expect((await run('reason')).log).toContain('reset reason 1\r\n');
    expect((await run('reason', { VB_RESET_REASON: '9' })).log).toContain('reset reason 9\r\n');
  });

  test('ends when its input ends', async () => {
    expect((await run('hex')).exitCode).toBe(0);
  });

  test('restarts by its exit code, with everything said before', async () => {
    const { exitCode, log } = await run('restart', { VB_UART_BAUD: '115200' });
    expect(exitCode).toBe(RESET.software);
    expect(log).toBe('');
  });
});

test('a hex dump has 16 bytes a line', async () => {
  const lines = (await run('hex')).log.split('\r\n').map((line) => line.replace(/^I \(\d+\) /, ''));
  expect(lines).toEqual([
    'probe: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 ',
    'probe: 58 59 ',
    'probe: done hex',
    '',
  ]);
});

describe('time', () => {
  test('waits end at the start of the right tick', async () => {
    const { log } = await run('ticks');
    const ends = [...log.matchAll(/ tick=(\d+) us=(\d+)/g)].map(([, tick, us]) => ({
      tick: Number(tick),
      us: Number(us),
    }));
    const gaps = ends.slice(1).map((end, index) => ({
      ticks: end.tick - (ends[index]?.tick ?? 0),
      us: end.us - (ends[index]?.us ?? 0),
      // select 15 ms: two ticks, and one for the tick that has begun; delay 2; until 3.
      nominal: [3, 2, 3][index % 3] ?? 0,
    }));
    expect(gaps).toHaveLength(15);
    expect(gaps.filter(({ ticks, nominal }) => ticks < nominal)).toEqual([]);
    // A busy host may delay some of them; the middle one tells where they aim.
    expect(median(gaps.map(({ ticks, nominal }) => ticks - nominal))).toBe(0);
    expect(median(gaps.map(({ us, nominal }) => Math.abs(us - nominal * 10_000)))).toBeLessThan(1000);
  });

  test('log stamps advance in ticks', async () => {
    const stamps = [...(await run('ticks')).log.matchAll(/^I \((\d+)\)/gm)].map(([, ms]) => Number(ms));
    const [first = 0] = stamps;
    expect(stamps.map((ms) => (ms - first) % 10)).toEqual(stamps.map(() => 0));
  });
});

describe('what the host held up is noted', () => {
  /** Lengths in ms of the stalls that a run noted. */
  async function stallsOf(
    act: string,
    held?: (child: ChildProcessWithoutNullStreams) => void,
  ): Promise<number[]> {
    const file = join(dir, `stalls-${act}.jsonl`);
    await run(act, { VB_STALLS_FILE: file }, (child) => {
      held?.(child);
      child.stdin.write(`${act}\r`);
    });
    return (new BoardStalls(file).soFar ?? []).map(({ fromNs, toNs }) => (toNs - fromNs) / 1e6);
  }

  test('a program that was stopped for as long as another takes', async () => {
    let othersMs = 0;
    const stalls = await stallsOf('ticks', (child) => {
      child.stdout.once('data', () => {
        child.kill('SIGSTOP');
        const began = performance.now();
        void run('ticks').then(() => {
          othersMs = performance.now() - began;
          child.kill('SIGCONT');
        });
      });
    });
    expect(othersMs).toBeGreaterThan(300);
    expect(Math.max(...stalls)).toBeGreaterThan(othersMs - 50);
  });

  test('a program whose console nobody read, which no wire waits for', async () => {
    let othersMs = 0;
    const stalls = await stallsOf('hex', (child) => {
      // 76 kB, more than fits between two processes and into the stream; asked for by as much as the FIFO holds.
      child.stdin.write('flood\r'.repeat(19));
      child.stdout.pause();
      const began = performance.now();
      void run('ticks').then(() => {
        othersMs = performance.now() - began;
        child.stdout.resume();
      });
    });
    expect(othersMs).toBeGreaterThan(300);
    expect(Math.max(...stalls)).toBeGreaterThan(othersMs / 2);
  });

  test('not a program that keeps its processor busy for a second', async () => {
    expect(Math.max(0, ...(await stallsOf('hog')))).toBeLessThan(900);
  });
});

describe('UART', () => {
  test('a writer waits for the wire: 4000 bytes take 347 ms at 115200 baud, but for what the FIFO holds', async () => {
    const { log } = await run('flood', { VB_UART_BAUD: '115200' });
    const us = Number(/flooded in (\d+)/.exec(log)?.[1]);
    expect(us).toBeGreaterThan(((4000 - 128 - 16) / 11_520) * 1e6);
  });

  test('without a baud rate nothing waits, and every byte arrives', async () => {
    const { log } = await run('flood');
    expect([...log.matchAll(/^0{96}\d\d\r$/gm)]).toHaveLength(40);
  });
});

describe('sockets', () => {
  test('are at most ten', async () => {
    expect((await run('sockets')).log).toContain('sockets 10 ENFILE');
  });

  test("send from the board's address", async () => {
    expect((await run('send_near', { VB_IP: '127.0.0.9' })).log).toContain('send ok from 127.0.0.9');
    expect((await run('send_near')).log).toContain('send ok from 127.0.0.1');
  });

  test('reach no address outside the host', async () => {
    expect((await run('send_far')).log).toContain('send EHOSTUNREACH');
  });
});

describe('a crash is a panic and a reset', () => {
  // ARM64 divides by zero without a word; Xtensa and x86 don't.
  const dividing = process.arch === 'x64' ? [['divide', 'IntegerDivideByZero']] : [];

  test.each([['write_null', 'StoreProhibited'], ['read_null', 'LoadProhibited'], ...dividing])(
    '%s: %s',
    async (act, exception) => {
      const { exitCode, log } = await run(act, { VB_UART_BAUD: '115200' });
      expect(exitCode).toBe(RESET.panic);
      expect(log).toContain(`Guru Meditation Error: Core  0 panic'ed (${exception}`);
      expect(log).toMatch(/\r\nCore {2}0 register dump:\r\nPC {6}: 0x[0-9a-f]{8} /);
      expect(log).toMatch(/\r\nBacktrace:(?: 0x[0-9a-f]{8}:0x[0-9a-f]{8})+\r\n/);
      expect(log).toMatch(/ELF file SHA256: 0{9}\r\n\r\nRebooting\.\.\.\r\n$/);
    },
  );

  test.each([
    ['abort', /^\r\nabort\(\) was called at PC 0x400[0-9a-f]{5} on core 0\r\n/],
    ['assert', /^\r\nassert failed: fail_assert probe\.c:\d+ \(CONFIG_PROBE_ANSWER == 41\)\r\n/],
    [
      'check',
      /^ESP_ERROR_CHECK failed: esp_err_t 0x103 \(ESP_ERR_INVALID_STATE\) at 0x[^]*\nfunc: fail_check\r\n/,
    ],
    ['recurse', /^\r\n\*\*\*ERROR\*\*\* A stack overflow in task main has been detected\.\r\n/],
    ['return', /FreeRTOS Task "returner" should not return, Aborting now!/],
  ])('%s', async (act, words) => {
    const { exitCode, log } = await run(act);
    expect(exitCode).toBe(RESET.panic);
    expect(log).toMatch(words);
    expect(log).toMatch(/\r\nBacktrace:[^]*Rebooting\.\.\.\r\n$/);
  });

  test('of a task that never waits is the task watchdog’s', async () => {
    const { exitCode, log } = await run('hog');
    expect(exitCode).toBe(RESET.taskWatchdog);
    expect(log).toContain('task_wdt: Task watchdog got triggered.');
    expect(log).toContain('task_wdt: CPU 0: main');
  });

  test('whose backtrace leads to the line', async () => {
    const { log } = await run('write_null');
    const [, pc = ''] = /Backtrace: (0x[0-9a-f]+)/.exec(log) ?? [];
    const { stdout } = await runTool({ command: 'addr2line', args: ['-fe', built.appElfPath, pc] });
    const [line] = /probe\.c:(\d+)/.exec(stdout) ?? [];
    const source = await readFile(join(PROBE, 'main', 'probe.c'), 'utf8');
    const crash = source.split('\n').findIndex((text) => text.includes('(volatile int *)4 = 1'));
    expect(stdout).toContain('write_null');
    expect(line).toBe(`probe.c:${crash + 1}`);
  });
});

describe('a fault that the board asks for hits the task where it is', () => {
  test.each([
    [
      'SIGUSR1',
      64 + 4,
      "Guru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.",
    ],
    ['SIGUSR2', 64 + 5, "Guru Meditation Error: Core  0 panic'ed (Interrupt wdt timeout on CPU0). "],
    ['SIGALRM', 64 + 6, 'task_wdt: CPU 0: main'],
    ['SIGABRT', 64 + 4, 'abort() was called at PC 0x'],
  ] as const)('%s', async (signal, exitCode, words) => {
    const outcome = await suffer(signal);
    expect(outcome.log).toContain(words);
    expect(outcome.exitCode).toBe(exitCode);
    const [, frames = ''] = /\r\nBacktrace: (.*)\r\n/.exec(outcome.log) ?? [];
    const addresses = frames.split(' ').map((frame) => frame.split(':')[0] ?? '');
    const { stdout } = await runTool({
      command: 'addr2line',
      args: ['-fie', built.appElfPath, ...addresses],
    });
    expect(stdout.split('\n')).toContain('app_main');
  });
});

describe('a clock that drifts', () => {
  test.each([100_000, -100_000])('by %i ppm: ticks and microseconds alike', async (ppm) => {
    const seen: { readonly chipUs: number; readonly hostMs: number }[] = [];
    await run('ticks', { VB_CLOCK_PPM: String(ppm) }, ({ stdin, stdout }) => {
      stdout.on('data', (text: string) => {
        const hostMs = performance.now();
        for (const [, us] of text.matchAll(/ tick=\d+ us=(\d+)/g)) seen.push({ chipUs: Number(us), hostMs });
      });
      stdin.write('ticks\r');
    });
    const [first, last] = [seen.at(0), seen.at(-1)];
    if (first === undefined || last === undefined) throw new Error('the probe told no time');
    const rate = (last.chipUs - first.chipUs) / 1000 / (last.hostMs - first.hostMs);
    // 15 waits take 0.4 s; a busy host reads a line some milliseconds late.
    expect(Math.abs(rate - 1 - ppm / 1e6)).toBeLessThan(0.05);
  });
});

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
