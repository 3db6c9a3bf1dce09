/**
 * The bench as its users run it: `npm run hil` as a process, on virtual boards, with healthy and with broken firmware.
 * Each run has a server address of its own, so that runs don't meet.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockBoard } from '../harness/boards/board-lock.ts';
import type { ClaimResult, RunResult } from '../harness/record/verdict.ts';
import { findProgram } from '../harness/serial/testdata/outside-programs.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

describe('a healthy firmware', () => {
  it('passes every claim, and the run says that the board is virtual', async () => {
    const { exitCode, output, result } = await runHil('healthy', ['--duration', '3']);
    expect(output).toMatch(/^passed: all \d+ claims hold/m);
    expect(exitCode).toBe(0);
    expect(result?.claims.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
    expect(result).toMatchObject({ verdict: 'passed', tier: 'virtual', realBoard: false, errors: [] });
    const { build, flash, boot, observe, total } = result?.timingsMs ?? {};
    for (const part of [build, flash, boot, observe, total]) expect(part).toBeGreaterThan(0);
    expect(output.split('\n')[0]).toContain('not a real board');
  });

  it('is told by the console where the server is when it asks there', async () => {
    const firmware = copyFirmware('stdin', {
      'host/sdkconfig.defaults': (text) =>
        `${text.replace(/^CONFIG_EXAMPLE_SOCKET_IP_INPUT_STRING=.*$/m, '')}\nCONFIG_EXAMPLE_SOCKET_IP_INPUT_STDIN=y\n`,
    });
    const { output, result } = await runHil('stdin', [
      '--firmware',
      firmware,
      '--duration',
      '1',
      '--spec',
      'payload',
    ]);
    expect(output).toContain('passed');
    expect(readRecord(result, 'serial.log')).toContain('waiting for the server address on stdin');
    expect(readRecord(result, 'events.jsonl')).toContain('"action":"provision"');
  });
});

describe('a broken firmware', () => {
  it('that sends every 110 ms misses the mean, and the message names the tick', async () => {
    const firmware = copyFirmware('period', {
      'sdkconfig.defaults': (text) => `${text}\nCONFIG_EXAMPLE_PERIOD_MS=110\n`,
    });
    const { exitCode, result } = await runHil('period', [
      '--firmware',
      firmware,
      '--duration',
      '3',
      '--spec',
      'cadence',
    ]);
    expect(exitCode).toBe(1);
    expect(claim(result, 'cadence.mean')).toMatchObject({
      verdict: 'failed',
      reason: expect.stringContaining('11 ticks of 100 Hz, 1 more than intended') as string,
    });
  });

  it('that sends the terminating NUL misses the payload', async () => {
    const firmware = copyFirmware('nul', {
      'main/udp_client.c': (text) =>
        text.replace('s_payload, strlen(s_payload), 0,', 's_payload, strlen(s_payload) + 1, 0,'),
    });
    const { exitCode, result } = await runHil('nul', [
      '--firmware',
      firmware,
      '--duration',
      '1',
      '--spec',
      'payload',
    ]);
    expect(exitCode).toBe(1);
    expect(claim(result, 'payload.exact')?.reason).toContain('a terminating NUL was sent');
  });

  it('that crashes ends the run at once, with the crash first', async () => {
    const firmware = copyFirmware('crash', {
      'main/udp_client.c': (text) =>
        text.replace(
          'uint32_t seq = client->sent_count++;',
          'uint32_t seq = client->sent_count++; if (seq == 5) { *(volatile int *)0 = 0; }',
        ),
    });
    const { exitCode, output, result } = await runHil('crash', ['--firmware', firmware, '--duration', '20']);
    expect(exitCode).toBe(1);
    const place = /StoreProhibited in (send_payload|udp_client_task) \(main\/udp_client\.c:\d+\)/;
    expect(claim(result, 'boot.once')?.reason).toMatch(/^DUT_CRASHED: The board crashed \d+\.\d\d s after/);
    expect(result?.summary).toMatch(place);
    // Above the figures, and only then the claims that nothing could be said about.
    expect(output.slice(0, output.indexOf('claim   '))).toMatch(place);
    expect(result?.errors[0]?.crash?.calls.at(-1)).toMatchObject({ functionName: 'run_task' });
    expect(claim(result, 'cadence.mean')).toMatchObject({ verdict: 'inconclusive' });
    expect(output).toContain('Guru Meditation Error');
    expect(result?.timingsMs.total).toBeLessThan(15_000);
  });

  it('that does not compile fails with the line', async () => {
    const firmware = copyFirmware('syntax', {
      'main/udp_client.c': (text) => text.replace('int64_t at_us;', 'int64_t at_us'),
    });
    const { exitCode, output } = await runHil('syntax', ['--firmware', firmware]);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/COMPILE_FAILED/);
    expect(output).toMatch(/udp_client\.c:\d+:\d+: error: /);
  });

  it('that sends to another port is told apart from one that is silent', async () => {
    const firmware = copyFirmware('port', {
      'main/server_address.c': (text) =>
        text.replace('htons(CONFIG_EXAMPLE_PORT)', 'htons(CONFIG_EXAMPLE_PORT + 1)'),
    });
    const { exitCode, output } = await runHil('port', ['--firmware', firmware, '--spec', 'boot']);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/DUT_NOT_HEARD: .* sends to 127\.\S+, none arrived at 127\./);
  });
});

describe('a bench that can not judge', () => {
  it('is inconclusive when the server port is taken, and says who has it', async () => {
    const address = serverAddress('taken');
    const holder = createSocket('udp4');
    holder.bind(address.port, address.host);
    await once(holder, 'listening');
    try {
      const { exitCode, output, result } = await runHil('taken', []);
      expect(exitCode).toBe(2);
      expect(result?.verdict).toBe('inconclusive');
      expect(output).toMatch(/PORT_IN_USE/);
      expect(output).toContain(String(process.pid));
    } finally {
      holder.close();
    }
  });

  it('is inconclusive when there is no compiler', async () => {
    const firmware = copyFirmware('compiler', {});
    const { exitCode, output } = await runHil('compiler', ['--firmware', firmware], { CC: '/nowhere/cc' });
    expect(exitCode).toBe(2);
    expect(output).toContain('COMPILER_MISSING');
  });

  it('is inconclusive when another run has the board, and says which', async () => {
    const port = 'rfc2217://127.0.0.1:19';
    using lock = await lockBoard(port, { why: 'npm run hil', run: 'run-1' }, scratch);
    const { exitCode, output, result } = await runHil('owned', ['--board', 'virtual', '--port', port]);
    expect(exitCode).toBe(2);
    expect(result?.verdict).toBe('inconclusive');
    expect(output).toContain(`BOARD_IN_USE: Another run has the board: process ${process.pid} on`);
    expect(output).toContain('run run-1');
    expect(existsSync(lock.file)).toBe(true);
  });

  it('is inconclusive when the board of that name is not plugged in', async () => {
    const config = join(scratch, 'bench.json');
    writeFileSync(config, '{ "boards": [{ "name": "desk", "usb": { "serialNumber": "of none" } }] }');
    const { exitCode, output, result } = await runHil('absent', ['--board', 'desk', '--config', config]);
    expect(exitCode).toBe(2);
    expect(output).toContain("BOARD_ABSENT: desk isn't plugged in: no serial port has serial number of none");
    expect(result).toMatchObject({ verdict: 'inconclusive', tier: 'board', board: 'desk' });
  });

  it('is inconclusive when nobody is behind the port', async () => {
    const { exitCode, output } = await runHil('refused', [
      '--board',
      'virtual',
      '--port',
      'rfc2217://127.0.0.1:9',
    ]);
    expect(exitCode).toBe(2);
    expect(output).toContain('PORT_REFUSED');
  });
});

describe('the command line', () => {
  it.each([
    [['--bord', 'x'], /Unknown option '--bord'/],
    [['--board', 'arduino'], /There is no board "arduino" \(hil.config.json\)/],
    [['--server-port', '0'], /--server-port must be/],
    [['--spec', 'nope'], /There is no spec named "nope"/],
    [['--firmware', '/nowhere'], /NO_FIRMWARE/],
    [['--junit', '/nowhere/junit.xml'], /--junit must be a file that can be written/],
    [['--replay', 'specs/data/healthy', '--port', 'x'], /--port has no meaning beside --replay/],
    [['--compare', 'nowhere'], /NO_REFERENCE: There is no such run or baseline \(nowhere\)/],
    [['--write-baseline', 'package.json'], /BASELINE_INVALID: This is no baseline: schema must be there/],
  ])('%j is wrong usage: exit 64 and one sentence', async (args, sentence) => {
    const { exitCode, output } = await runHil('usage', args);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(64);
  });

  it('tells its options', async () => {
    const { exitCode, output } = await runHil('usage', ['--help']);
    expect(exitCode).toBe(0);
    expect(output).toContain('--server-port');
  });
});

describe('a recorded run, judged again', () => {
  it.each([
    ['healthy', 0, /recorded verdict: passed; every claim is as it was/],
    ['doubled-datagrams', 1, /recorded verdict: failed; every claim is as it was/],
  ] as const)('%s comes to the same verdict', async (name, expectedExitCode, words) => {
    const { exitCode, output, result } = await runHil('replay', ['--replay', `specs/data/${name}`]);
    expect(output).toMatch(words);
    expect(output.split('\n')[0]).toContain('not a real board');
    expect(result?.replay?.changed).toEqual([]);
    expect(exitCode).toBe(expectedExitCode);
  });

  it('of which only the beginning is left is inconclusive', async () => {
    const cut = join(scratch, 'cut-run');
    cpSync(join(root, 'specs/data/healthy'), cut, { recursive: true });
    rmSync(join(cut, 'verdict.json'));
    const events = readFileSync(join(cut, 'events.jsonl'), 'utf8');
    writeFileSync(join(cut, 'events.jsonl'), events.slice(0, events.indexOf('"steady"')));
    const { exitCode, output, result } = await runHil('replay', ['--replay', cut]);
    expect(exitCode).toBe(2);
    expect(output).toContain('recorded verdict: none, the run was killed');
    expect(claim(result, 'boot.image')?.verdict).toBe('passed');
    expect(claim(result, 'cadence.mean')?.reason).toMatch(/^NOT_RECORDED/);
  });
});

describe('a run that is compared with an earlier one', () => {
  const healthy = ['--replay', 'specs/data/healthy'];

  it('fails by a regression alone, and says by how much', async () => {
    const { exitCode, output, result } = await runHil('replay', [
      ...healthy,
      '--compare',
      'specs/data/period-of-110-ms',
    ]);
    expect(output).toMatch(/^period by arrivals +110 ms +100 ms +-90900 ppm .* +regression$/m);
    expect(output).toMatch(/^failed: REGRESSION against specs\/data\/period-of-110-ms: period by arrivals/m);
    expect(result?.comparison).toMatchObject({ outcome: 'regression', referenceRunCount: 1 });
    expect(result?.claims.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
    expect(exitCode).toBe(1);
  });

  it('is inconclusive where the two have nothing in common', async () => {
    const { exitCode, output } = await runHil('replay', [...healthy, '--compare', 'specs/data/numbered']);
    expect(output).toMatch(/^inconclusive: not comparable with specs\/data\/numbered: .*another payload/m);
    expect(exitCode).toBe(2);
  });

  it('is no baseline when it was too short for one, and nothing is written', async () => {
    const file = join(scratch, 'baseline.json');
    const { exitCode, output } = await runHil('replay', [...healthy, '--write-baseline', file]);
    expect(output).toMatch(/^no baseline written: the run was watched for too few sends\. Next: /m);
    expect(existsSync(file)).toBe(false);
    expect(exitCode).toBe(2);
  });
});

describe('other readers of a verdict', () => {
  it('get it as JUnit XML and as annotations and a summary in GitHub Actions, where nothing else is a command', async () => {
    const [junit, summary] = [join(scratch, 'junit.xml'), join(scratch, 'summary.md')];
    const { exitCode, output, result } = await runHil(
      'replay',
      ['--replay', 'specs/data/doubled-datagrams', '--junit', junit],
      { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
    );
    expect(exitCode).toBe(1);
    const commands = output.split('\n').filter((line) => line.startsWith('::'));
    const [begin = '', end, ...annotations] = commands;
    expect(output.startsWith(begin)).toBe(true);
    expect(`::stop-commands::${end?.slice(2, -2) ?? ''}`).toBe(begin);
    const line = claim(result, 'cadence.extra')?.line ?? 0;
    expect(annotations[0]).toMatch(
      `::error file=specs/cadence.spec.ts,line=${line},title=failed%3A cadence.extra::`,
    );
    expect(readFileSync(summary, 'utf8')).toMatch(/^## ❌ HIL failed/);
    expect(readFileSync(junit, 'utf8')).toContain('<failure type="failed"');
  });

  it('that can not be told leave the verdict as it is', async () => {
    const { exitCode, output } = await runHil('replay', [
      '--replay',
      'specs/data/healthy',
      '--junit',
      scratch,
    ]);
    expect(output).toMatch(/REPORT_NOT_WRITTEN: .*The verdict stands\./);
    expect(exitCode).toBe(0);
  });
});

const mayCapture = process.getuid?.() === 0 && findProgram('dumpcap') !== undefined;
describe.skipIf(!mayCapture)('a capture (needs dumpcap, and root)', () => {
  it('has every datagram and answer of the run, and is named in its verdict', async () => {
    const { exitCode, output, result } = await runHil('capture', [
      '--capture',
      ...['--duration', '1', '--spec', 'payload'],
    ]);
    expect(exitCode).toBe(0);
    expect(result?.capture).toMatchObject({ file: 'capture.pcapng', network: 'lo' });
    expect(result?.capture).not.toHaveProperty('reason');
    expect(output).toContain(`capture: ${result?.record ?? ''}/capture.pcapng (dumpcap`);
    const captured = readRecord(result, 'capture.pcapng');
    const recorded = readRecord(result, 'datagrams.jsonl');
    const count = (text: string, part: string) => text.split(part).length - 1;
    // The board goes on sending when the server is closed already.
    expect(count(captured, 'Hello from ESP32')).toBeGreaterThanOrEqual(count(recorded, '"kind":"datagram"'));
    expect(count(captured, 'Ok!')).toBe(count(recorded, '"outcome":"sent"'));
  });
});

describe('an interrupted run', () => {
  it.each([
    { moment: 'begins to build', line: '  build ', signal: 'SIGINT' },
    { moment: 'begins to flash', line: '✓ build', signal: 'SIGTERM' },
    { moment: 'boots the board and starts vitest', line: '  boot ', signal: 'SIGINT' },
    { moment: 'has just booted', line: '✓ boot', signal: 'SIGHUP' },
  ] as const)('leaves nothing behind but its record: $signal when it $moment', async ({ line, signal }) => {
    const hil = startHil('interrupted', ['--duration', '60']);
    await hil.says(line);
    hil.process.kill(signal);
    await expectInterrupted(hil);
  });

  it('closes in order when a terminal tells everybody, and a wrapper passes it on once more', async () => {
    const hil = startHil('interrupted', ['--duration', '60']);
    await hil.says('  observe ');
    process.kill(-(hil.process.pid ?? 0), 'SIGINT');
    hil.process.kill('SIGINT');
    const result = await expectInterrupted(hil);
    expect(readRecord(result, 'serial.log')).toContain('Socket created');
  });

  async function expectInterrupted(hil: RunningHil): Promise<RunResult | undefined> {
    const { exitCode, output, result } = await hil.ended;
    expect(exitCode).toBe(130);
    expect(result).toMatchObject({ verdict: 'interrupted', errors: [] });
    expect(JSON.parse(readRecord(result, 'verdict.json'))).toEqual(result);
    expect(output).not.toMatch(/^\s+at /m);
    expect(processesMarked('interrupted')).toEqual([]);
    await expectFree(serverAddress('interrupted'));
    return result;
  }
});

describe('a run that is killed', () => {
  it('takes its board with it, and the next run finds everything free', async () => {
    const hil = startHil('killed', ['--duration', '60']);
    await hil.says('  observe ');
    hil.process.kill('SIGKILL');
    await hil.ended;
    await expect.poll(() => processesMarked('killed'), { timeout: 3_000 }).toEqual([]);
    expect(await runHil('killed', ['--duration', '1', '--spec', 'payload'])).toMatchObject({ exitCode: 0 });
  });

  it('together with its board leaves no lock that would block the next run', async () => {
    const hil = startHil('killed', ['--duration', '60']);
    await hil.says('  observe ');
    for (const pid of processesMarked('killed')) process.kill(Number(pid), 'SIGKILL');
    await hil.ended;
    expect(await runHil('killed', ['--duration', '1', '--spec', 'payload'])).toMatchObject({ exitCode: 0 });
  });
});

async function expectFree({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(port, host);
  await once(socket, 'listening');
  socket.close();
}

interface Finished {
  readonly exitCode: number | null;
  readonly output: string;
  readonly result: RunResult | undefined;
}

interface RunningHil {
  readonly process: ChildProcess;
  readonly ended: Promise<Finished>;
  /** Resolves when the output holds `text`. */
  says(text: string): Promise<void>;
}

async function runHil(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return startHil(name, args, env).ended;
}

function startHil(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningHil {
  const jsonFile = join(scratch, `${name}.json`);
  // Of an earlier run of this name.
  rmSync(jsonFile, { force: true });
  const { host, port } = serverAddress(name);
  // As given later on the line, an option of the test's own comes last and wins.
  const server = args.includes('--replay') ? [] : ['--server-host', host, '--server-port', String(port)];
  const defaults = [...server, '--json', jsonFile];
  const child = spawn(process.execPath, ['scripts/start.cjs', 'hil', ...defaults, ...args], {
    cwd: root,
    // Locks of its own: the ports that nobody is behind are everybody's.
    env: {
      ...process.env,
      CI: 'true',
      HIL_TEST_MARK: `${process.pid}-${name}`,
      HIL_LOCK_DIR: scratch,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a terminal gives it.
    detached: true,
  });
  let output = '';
  const heard = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      heard.dispatchEvent(new Event('output'));
    });
  }
  const ended = once(child, 'close').then(([exitCode]: unknown[]) => ({
    exitCode: exitCode as number | null,
    output,
    result: existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as RunResult) : undefined,
  }));
  return {
    process: child,
    ended,
    says: async (text) => {
      while (!output.includes(text)) await once(heard, 'output');
    },
  };
}

/** A loopback address and port for each name. */
function serverAddress(name: string): { readonly host: string; readonly port: number } {
  const names = [
    'healthy',
    'stdin',
    'period',
    'nul',
    'crash',
    'syntax',
    'port',
    'taken',
    'compiler',
    'refused',
    'usage',
    'replay',
    'interrupted',
    'killed',
    'capture',
  ];
  const at = names.indexOf(name);
  return { host: `127.0.7.${at + 1}`, port: 4300 + at };
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

function claim(result: RunResult | undefined, id: string): ClaimResult | undefined {
  return result?.claims.find((candidate) => candidate.id === id);
}

function readRecord(result: RunResult | undefined, file: string): string {
  return readFileSync(join(root, result?.record ?? '', file), 'utf8');
}

/** Processes that a run has started, directly or not: its mark is in their environment. */
function processesMarked(name: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(
          `HIL_TEST_MARK=${process.pid}-${name}\0`,
        );
      } catch {
        // Ended while we looked.
        return false;
      }
    });
}
