/**
 * What a bench meets in its life, as users see it: `npm run hil` on a virtual board to which somebody does something. Each ends
 * with the right outcome, a sentence that names the cause, its record, and nothing left behind.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../harness/boards/parts/fault.ts';
import { WireClient } from '../harness/boards/parts/testing/wire-client.ts';
import type { RunResult } from '../harness/record/verdict.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-hostile-'));
const server = { host: '127.0.9.1', port: 4400 };
/** Long enough that whatever is done to the board is done while it is observed. */
const long = ['--duration', '30'];
const brief = ['--duration', '1', '--spec', 'boot'];

let board: VirtualBoard;
beforeAll(async () => {
  board = await startBoard('board');
  // Builds and flashes, so that the runs below don't.
  expect(await runHil(board, brief)).toMatchObject({ exitCode: 0 });
}, 60_000);
afterAll(async () => {
  await board.end();
  rmSync(scratch, { recursive: true, force: true });
});

describe('the port', () => {
  it('vanishes in the midst of a run: the run ends at once; when it is back, the next one passes', async () => {
    const hil = startHil(board, long);
    await hil.says('  observe ');
    await board.suffer('unplug');
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(2);
    expect(result?.summary).toMatch(/^PORT_LOST: .*\(rfc2217:\/\//);
    expectRecord(result);
    await board.suffer('plug');
    expect(await runHil(board, brief)).toMatchObject({ exitCode: 0 });
  });

  it('is used by another program, which resets the board', async () => {
    const hil = startHil(board, long);
    await hil.says('  observe ');
    await using other = await WireClient.connect(board.url);
    // RTS on and off (RFC 2217), as terminal programs do when they open a port.
    for (const rts of [11, 12]) other.write(Buffer.of(0xff, 0xfa, 0x2c, 5, rts, 0xff, 0xf0));
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(2);
    expect(result?.summary).toMatch(/^BOARD_RESET_FROM_OUTSIDE: .*POWERON_RESET/);
    expectRecord(result);
  });
});

describe('the console', () => {
  it('falls silent while the board goes on: that is no fault of the firmware', async () => {
    const hil = startHil(board, long);
    await hil.says('  observe ');
    await board.suffer('silent-uart on');
    const { exitCode, result } = await hil.ended;
    await board.suffer('silent-uart off');
    expect(exitCode).toBe(2);
    expect(result?.summary).toMatch(/^CONSOLE_LOST: /);
    expectRecord(result);
  });

  it('carries noise: the firmware is never blamed for what that destroys, and every byte is kept', async () => {
    const hil = startHil(board, ['--duration', '3']);
    await hil.says('  observe ');
    for (let burst = 0; burst < 200 && hil.isRunning; burst++) await board.suffer('garbage 20');
    if (hil.isRunning) await board.suffer('garbage 1000');
    const { exitCode, result } = await hil.ended;
    const open = result?.claims.filter(({ verdict }) => verdict !== 'passed') ?? [];
    // Which lines are hit is chance. Those claims that read the log are open then, and say why.
    expect(open.filter(({ reason }) => !/CONSOLE_NOISY|NOT_MEASURED/.test(reason ?? ''))).toEqual([]);
    expect([0, 2]).toContain(exitCode);
    expect(readFileSync(recordFile(result, 'serial.log')).includes(0)).toBe(true);
  });

  it('delivers 1 MB at once: it is kept, and delays no ack', async () => {
    const hil = startHil(board, ['--duration', '3', '--spec', 'cadence']);
    await hil.says('  observe ');
    await board.suffer('garbage 1000000');
    const { exitCode, result } = await hil.ended;
    expect(result?.claims.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(exitCode).not.toBe(1);
    expect(statSync(recordFile(result, 'serial.log')).size).toBeGreaterThan(900_000);
  });
});

describe('the board', () => {
  it('panics: the run ends at once, naming the function', async () => {
    const hil = startHil(board, long);
    await hil.says('  observe ');
    await board.suffer('panic');
    const { exitCode, output, result } = await hil.ended;
    expect(exitCode).toBe(1);
    expect(result?.summary).toMatch(/^DUT_CRASHED: .*StoreProhibited in \w+ \(main\/udp_client\.c:\d+\)\.$/);
    expect(result?.errors[0]?.crash?.lastLines.join()).toContain('Client: ');
    // The cause stands above the figures, and the claims that could not be judged are not told one by one.
    expect(output.match(/NOT_MEASURED/g)?.length).toBe(1);
    // Nobody waits for the end of the observation. On a quiet host it is told 0.2 s after the panic.
    expect(result?.timingsMs.observe).toBeLessThan(20_000);
  });

  it('is in a boot loop, which is named as one', async () => {
    await board.suffer('boot-loop on');
    const { exitCode, result } = await runHil(board, [...long, '--spec', 'boot']);
    await board.suffer('boot-loop off');
    expect(exitCode).toBe(1);
    expect(result?.summary).toMatch(
      /^DUT_BOOT_LOOP: .*3 boots in \d\.\d+ s, .*StoreProhibited in app_main \(main\/app_main\.c:\d+\)\.$/,
    );
  });

  it('hangs, and no watchdog bites: that has a name of its own, and a reset mends it', async () => {
    const hil = startHil(board, long);
    await hil.says('  observe ');
    await board.suffer('hang');
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(1);
    expect(result?.summary).toMatch(
      /^DUT_SILENT: The board fell silent \d+\.\d\d s after its reset: .* no crash before, .*; the last send that it logged is seq=\d+/,
    );
    expect(result?.timingsMs.observe).toBeLessThan(20_000);
    expectRecord(result);
    expect(await runHil(board, brief)).toMatchObject({ exitCode: 0 });
  });

  it('browns out: the supply is the bench’s', async () => {
    const hil = startHil(board, [...long, '--spec', 'boot']);
    await hil.says('  observe ');
    await board.suffer('brownout');
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(2);
    expect(result?.summary).toMatch(/^BOARD_BROWNOUT: /);
  });

  it('resets itself while it is flashed', async () => {
    const fresh = await startBoard('fresh', '127.0.9.11');
    try {
      const hil = startHil(fresh, brief);
      await hil.says('  flash ');
      while (!fresh.hasBeenWritten) await new Promise((resolve) => setImmediate(resolve));
      await fresh.suffer('reset');
      const { exitCode, result } = await hil.ended;
      expect(exitCode).toBe(2);
      expect(result?.summary).toMatch(/^FLASH_BOARD_RESET: /);
      // What was half written is no obstacle.
      expect(await runHil(fresh, brief)).toMatchObject({ exitCode: 0 });
    } finally {
      await fresh.end();
    }
  });

  it('is wanted by two harnesses: the second is told who has it, and the first is not disturbed', async () => {
    const first = startHil(board, ['--duration', '2', '--spec', 'boot']);
    await first.says('✓ flash');
    const second = await runHil(board, brief, ['--server-host', '127.0.9.2']);
    expect(second.exitCode).toBe(2);
    expect(second.output).toContain(String(first.process.pid));
    expect(await first.ended).toMatchObject({ exitCode: 0 });
  });
});

const noNamespaces = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', scratch]).status !== 0;

describe(`the disk${noNamespaces ? ' (skipped: `unshare -rm` is not allowed here, so that no small disk can be had)' : ''}`, () => {
  it.skipIf(noNamespaces)('fills up while the run is recorded: no verdict on half a record', async () => {
    const runs = join(root, 'runs');
    const hil = startHil(board, long, [], (command, args) => [
      'unshare',
      ['-rm', 'sh', '-c', `mount -t tmpfs -o size=64k none ${runs} && exec "$0" "$@"`, command, ...args],
    ]);
    const { exitCode, output, result } = await hil.ended;
    expect(exitCode).toBe(2);
    expect(result?.verdict).toBe('inconclusive');
    expect(output).toMatch(/(RECORD|JOURNAL)_FAILED: .*ENOSPC: no space left on device/);
    expect(output).not.toMatch(/^\s+at /m);
  });
});

describe('Ctrl-C', () => {
  it('while the report is written changes no verdict', async () => {
    const hil = startHil(board, brief);
    await hil.says('claim   ');
    hil.process.kill('SIGINT');
    const { exitCode, result } = await hil.ended;
    expect(exitCode).toBe(0);
    expect(result?.verdict).toBe('passed');
    expectRecord(result);
  });
});

/** Whatever was seen up to the end is on disk, and so is the verdict. */
function expectRecord(result: RunResult | undefined): void {
  expect(readFileSync(recordFile(result, 'serial.log'), 'utf8')).toContain('Socket created');
  expect(JSON.parse(readFileSync(recordFile(result, 'verdict.json'), 'utf8'))).toEqual(result);
}

function recordFile(result: RunResult | undefined, name: string): string {
  return join(root, result?.record ?? '', name);
}

interface VirtualBoard {
  readonly url: string;
  /** Whether its flash holds anything. */
  readonly hasBeenWritten: boolean;
  suffer(fault: Fault): Promise<void>;
  end(): Promise<void>;
}

/** `npm run virtual-board`, which outlives the runs on it. */
async function startBoard(name: string, ip = '127.0.9.10'): Promise<VirtualBoard> {
  const flash = join(scratch, `${name}.flash.bin`);
  const args = ['scripts/start.cjs', 'virtual-board', '--json', '--end-with-stdin', '--flash', flash];
  const child = spawn(process.execPath, [...args, '--ip', ip], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>;
  const { rfc2217 } = await next();
  return {
    url: String(rfc2217),
    get hasBeenWritten() {
      return readFileSync(flash).some((byte) => byte !== 0xff);
    },
    suffer: async (fault) => {
      child.stdin.write(`${fault}\n`);
      expect(await next()).toMatchObject({ fault });
    },
    end: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'close');
    },
  };
}

interface Finished {
  readonly exitCode: number | null;
  readonly output: string;
  readonly result: RunResult | undefined;
}

interface RunningHil {
  readonly process: ChildProcess;
  readonly isRunning: boolean;
  /** Resolves when it has ended and left nothing behind. */
  readonly ended: Promise<Finished>;
  /** Resolves when the output holds `text`. */
  says(text: string): Promise<void>;
}

type Wrapper = (command: string, args: string[]) => [string, string[]];

function runHil(
  { url }: VirtualBoard,
  args: readonly string[],
  more: readonly string[] = [],
): Promise<Finished> {
  return startHil({ url }, args, more).ended;
}

function startHil(
  { url }: Pick<VirtualBoard, 'url'>,
  args: readonly string[],
  more: readonly string[] = [],
  wrap: Wrapper = (command, own) => [command, own],
): RunningHil {
  const jsonFile = join(scratch, `${performance.now()}.json`);
  const mark = `${process.pid}-${performance.now()}`;
  const own = [
    '--board',
    'virtual',
    '--port',
    url,
    '--server-host',
    server.host,
    '--server-port',
    String(server.port),
  ];
  const [command, wrapped] = wrap(process.execPath, [
    'scripts/start.cjs',
    'hil',
    ...own,
    '--json',
    jsonFile,
    ...args,
    ...more,
  ]);
  const child = spawn(command, wrapped, {
    cwd: root,
    env: { ...process.env, CI: 'true', HIL_TEST_MARK: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const heard = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      heard.dispatchEvent(new Event('output'));
    });
  }
  const ended = once(child, 'close').then(async ([exitCode]: unknown[]) => {
    heard.dispatchEvent(new Event('output'));
    expect(processesMarked(mark)).toEqual([]);
    if (more.length === 0) await expectFree(server);
    return {
      exitCode: exitCode as number | null,
      output,
      result: existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as RunResult) : undefined,
    };
  });
  return {
    process: child,
    get isRunning() {
      return child.exitCode === null;
    },
    ended,
    says: async (text) => {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended without saying "${text}":\n${output}`);
        await once(heard, 'output');
      }
    },
  };
}

async function expectFree({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(port, host);
  await once(socket, 'listening');
  socket.close();
}

/** Processes that a run has started, directly or not: its mark is in their environment. */
function processesMarked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`HIL_TEST_MARK=${mark}\0`);
      } catch {
        // Ended while we looked.
        return false;
      }
    });
}
