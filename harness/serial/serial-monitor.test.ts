import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLASH_SIZE } from '../boards/virtual/chip/flash-chip.ts';
import { appImage, fullFlash } from '../boards/virtual/testing/flash-contents.ts';
import { compileTestProgram } from '../boards/virtual/testing/test-program.ts';
import { startVirtualBoard } from '../boards/virtual/virtual-board.ts';
import type { BenchHealth, SerialGap, SerialLine } from '../record/events.ts';
import { hostNow } from '../time/clock.ts';
import { openPort } from './open-port.ts';
import { startSerialMonitor, type SerialMonitor, type SerialMonitorOptions } from './serial-monitor.ts';
import { startProgram, untilItWorks } from './testdata/outside-programs.ts';
import { hasSocat, startPtyPair } from './testdata/pty-pair.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hil-serial-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A monitor that collects what it tells. */
class Listener {
  readonly lines: SerialLine[] = [];
  readonly health: BenchHealth[] = [];
  lost: Error | undefined;
  #onChange: () => void = () => undefined;

  async start(path: string, options: Partial<SerialMonitorOptions> = {}): Promise<SerialMonitor> {
    return startSerialMonitor({
      path,
      baudRate: 115200,
      rawFile: join(folder, 'serial.log'),
      eventsFile: join(folder, 'serial.jsonl'),
      resetHoldMs: 0,
      onLine: (line) => {
        this.lines.push(line);
        this.#onChange();
      },
      onLost: (error) => {
        this.lost = error;
        this.#onChange();
      },
      onHealth: (health) => {
        this.health.push(health);
        this.#onChange();
      },
      ...options,
    });
  }

  async until(condition: (listener: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (condition(this)) resolve();
      };
      this.#onChange();
    });
  }
}

async function readRecord(): Promise<{ raw: Buffer; events: (SerialLine | BenchHealth | SerialGap)[] }> {
  const raw = await readFile(join(folder, 'serial.log'));
  const text = await readFile(join(folder, 'serial.jsonl'), 'utf8');
  const events = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as SerialLine | BenchHealth | SerialGap);
  return { raw, events };
}

/** What everybody on this host can see of its processes. */
function commandLines(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'latin1')];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

describe('on a virtual board', () => {
  it('delivers the first line after every reset, not older than the reset', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const listener = new Listener();
    await using monitor = await listener.start(board.urls.rfc2217);
    for (let time = 0; time < 10; time++) {
      const before = listener.lines.length;
      const releasedAtNs = await monitor.resetBoard();
      await listener.until(({ lines }) =>
        lines.slice(before).some(({ text }) => text.startsWith('rst:0x1 ')),
      );
      const since = listener.lines.slice(before).filter(({ hostNs }) => hostNs >= releasedAtNs);
      expect(since[0]?.text).toBe('ets Jul 29 2019 12:21:46');
      expect(releasedAtNs).toBeLessThan(hostNow());
    }
  });

  it('has written down what it tells, byte for byte', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const listener = new Listener();
    {
      await using monitor = await listener.start(board.urls.rfc2217);
      await monitor.resetBoard();
      await listener.until(({ lines }) => lines.some(({ text }) => text.startsWith('rst:')));
      const told = listener.lines.length;
      const { events } = await readRecord();
      expect(events.filter(({ kind }) => kind === 'serial-line').slice(0, told)).toEqual(
        listener.lines.slice(0, told),
      );
    }
    const { raw, events } = await readRecord();
    expect(raw.toString('latin1')).toContain('ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET)');
    expect(events.at(-1)).toMatchObject({ kind: 'bench-health', thread: 'serial' });
  });

  it.each(['rfc2217', 'pty'] as const)(
    'keeps a secret that the board echoes to itself, by %s',
    async (door) => {
      const flash = fullFlash(appImage(compileTestProgram()));
      const flashFile = join(folder, 'flash.bin');
      await writeFile(flashFile, Buffer.concat([flash, Buffer.alloc(FLASH_SIZE - flash.length, 0xff)]));
      await using board = await startVirtualBoard({ flashFile, pty: true });
      const secret = `hunter2-${process.pid}`;
      const listener = new Listener();
      {
        await using monitor = await listener.start(board.urls[door] ?? '', { secrets: [secret] });
        // Of a PTY the board is not reset; the program runs, or will, and each line is answered.
        for (const line of [secret, Buffer.from(secret).toString('hex'), `${secret}${secret} end`]) {
          const before = listener.lines.length;
          while (!listener.lines.slice(before).some(({ text }) => text.startsWith('echo '))) {
            await monitor.write(`${line}\n`);
            await listener.until(({ lines }) => lines.length > before);
          }
        }
        expect(listener.lines.at(-1)?.text).toBe('echo [redacted][redacted] end');
        expect(commandLines().filter((line) => line.includes(secret))).toEqual([]);
      }
      const { raw, events } = await readRecord();
      expect(raw.toString('latin1')).toContain('echo [redacted]\r\n');
      expect(JSON.stringify(events)).toContain('echo [redacted]');
      for (const text of [raw.toString('latin1'), JSON.stringify(events)]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString('hex'));
      }
    },
  );

  it('goes on in other files when told so, and loses nothing between the two', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const listener = new Listener();
    const later = { rawFile: join(folder, 'later.log'), eventsFile: join(folder, 'later.jsonl') };
    {
      await using monitor = await listener.start(board.urls.rfc2217);
      const boot = async (time: number) => {
        await monitor.resetBoard();
        await listener.until(
          ({ lines }) => lines.filter(({ text }) => text.startsWith('rst:')).length === time,
        );
      };
      await boot(1);
      await monitor.recordTo(later);
      await boot(2);
      await expect(monitor.recordTo({ ...later, rawFile: join(folder, 'no/such') })).rejects.toMatchObject({
        code: 'RECORD_FAILED',
      });
      await boot(3);
    }
    const texts = async (file: string) =>
      (await readFile(join(folder, file), 'utf8')).match(/rst:0x1 /g)?.length;
    expect(await Promise.all(['serial.log', 'serial.jsonl', 'later.log', 'later.jsonl'].map(texts))).toEqual([
      1, 1, 2, 2,
    ]);
  });

  it('tells how far away the server is, and writes it down', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    for (const url of [board.urls.rfc2217, board.urls.socket]) {
      await using monitor = await new Listener().start(url);
      expect(monitor.roundTripMs).toBeGreaterThan(0);
      expect(monitor.roundTripMs).toBeLessThan(1000);
    }
    const { events } = await readRecord();
    expect(events.filter(({ kind }) => (kind as string) === 'serial-link')).toHaveLength(2);
  });

  it('tells once that the port is lost, with the reason', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const listener = new Listener();
    await using monitor = await listener.start(board.urls.rfc2217);
    void board.inject('unplug');
    await listener.until(({ lost }) => lost !== undefined);
    expect(listener.lost).toMatchObject({ code: 'PORT_LOST', fault: 'bench' });
    await expect(monitor.resetBoard()).rejects.toMatchObject({ code: 'PORT_LOST' });
  });

  it('tells every second how it kept time', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const listener = new Listener();
    await using monitor = await listener.start(board.urls.rfc2217);
    await listener.until(({ health }) => health.length > 0);
    expect(listener.health[0]).toMatchObject({ kind: 'bench-health', thread: 'serial' });
    await monitor.close();
    await monitor.close();
  });

  it('gives the port back when it is cancelled', async () => {
    await using board = await startVirtualBoard({ flashFile: join(folder, 'flash.bin') });
    const cancel = new AbortController();
    const monitor = await new Listener().start(board.urls.rfc2217, { signal: cancel.signal });
    cancel.abort();
    await monitor.close();
    await using port = await openPort({ path: board.urls.rfc2217, baudRate: 115200, dtr: false, rts: false });
    expect(port.isOpen).toBe(true);
  });
});

it('says that the record can not be written', async () => {
  const rawFile = join(folder, 'missing', 'serial.log');
  await expect(new Listener().start('/dev/null', { rawFile })).rejects.toMatchObject({
    code: 'RECORD_FAILED',
  });
});

it('says why a port could not be opened', async () => {
  await expect(new Listener().start('/dev/ttyUSB-missing')).rejects.toMatchObject({ code: 'PORT_MISSING' });
  await expect(new Listener().start('rfc2217://127.0.0.1:1')).rejects.toMatchObject({ code: 'PORT_REFUSED' });
  await expect(new Listener().start('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'PORT_ADDRESS' });
});

describe.skipIf(!hasSocat)('on a port of this host (needs socat)', () => {
  it('reads, writes and loses it as it does one behind a URL', async () => {
    await using pair = await startPtyPair();
    const listener = new Listener();
    await using monitor = await listener.start(pair.one);
    await using board = await openPort({ path: pair.other, baudRate: 115200, dtr: false, rts: false });
    board.write('I (31) boot: hello\r\nI (32) bo');
    await listener.until(({ lines }) => lines.length === 1);
    expect(listener.lines[0]).toMatchObject({ kind: 'serial-line', text: 'I (31) boot: hello' });

    const heard = new Promise<string>((resolve) =>
      board.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    await monitor.write('127.0.0.1\n');
    expect(await heard).toBe('127.0.0.1\n');
    await expect(monitor.resetBoard()).rejects.toMatchObject({ code: 'PORT_NO_LINES' });

    pair.pull();
    await listener.until(({ lost }) => lost !== undefined);
    expect(listener.lost).toMatchObject({ code: 'PORT_LOST' });
    expect(listener.lines.at(-1)).toMatchObject({ text: 'I (32) bo', truncated: true });
  });

  it('waits for a port that goes with its chip at a reset, marks the gap, and resets again', async () => {
    const first = await startPtyPair(folder);
    const listener = new Listener();
    // A pseudo-terminal has no lines to reset by: the steps only wait.
    const reset = { app: 'W0.01', loader: 'W0.01' };
    await using monitor = await listener.start(first.one, { reset });
    const resetting = monitor.resetBoard();
    first.pull();
    await first[Symbol.asyncDispose]();
    await rm(first.one);
    await rm(first.other);
    await using second = await startPtyPair(folder);
    const releasedNs = await resetting;
    expect(listener.lost).toBeUndefined();

    await using board = await openPort({ path: second.other, baudRate: 115200, dtr: false, rts: false });
    board.write('I (31) boot: hello\r\n');
    await listener.until(({ lines }) => lines.length === 1);
    await monitor.close();
    const { events } = await readRecord();
    const gap = events.find(({ kind }) => kind === 'serial-gap') as SerialGap | undefined;
    expect(gap).toMatchObject({ path: first.one });
    expect(gap?.fromNs).toBeLessThan(gap?.hostNs ?? 0);
    expect(gap?.hostNs).toBeLessThan(releasedNs);
  });

  it('ends when a port that went at a reset does not come back', { timeout: 15_000 }, async () => {
    const pair = await startPtyPair();
    const listener = new Listener();
    const reset = { app: 'W0.01', loader: 'W0.01' };
    await using monitor = await listener.start(pair.one, { reset });
    const resetting = monitor.resetBoard();
    await pair[Symbol.asyncDispose]();
    await expect(resetting).rejects.toMatchObject({ code: 'PORT_MISSING' });
    await listener.until(({ lost }) => lost !== undefined);
    expect(listener.lost).toMatchObject({ code: 'PORT_MISSING' });
  });

  it('leaves it to others when the harness is killed', { timeout: 15_000 }, async () => {
    await using pair = await startPtyPair();
    const holder = startProgram(process.execPath, [
      ...['--import', 'tsx', join(import.meta.dirname, 'testdata', 'hold-console.ts')],
      ...[pair.one, folder],
    ]);
    await holder.line(/^open$/);
    const settings = { path: pair.one, baudRate: 115200, dtr: false, rts: false };
    await expect(openPort(settings)).rejects.toMatchObject({ code: 'PORT_BUSY' });
    await holder[Symbol.asyncDispose]();
    await using port = await untilItWorks(async () => openPort(settings), 5000);
    expect(port.isOpen).toBe(true);
  });
});
