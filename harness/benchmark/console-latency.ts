import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atMost, exactly } from '../analysis/bound.ts';
import { quantile } from '../analysis/statistics.ts';
import { runTool } from '../process/run-tool.ts';
import type { SerialLine } from '../record/events.ts';
import { startSerialMonitor } from '../serial/serial-monitor.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import { whileBusy } from './busy.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';

const lines = 1_500;
const periodUs = 2_000;
const blobBytes = 10_000_000;

/** How soon a line is read and stamped while the runner is busy, and what a line without an end does. */
export const consoleLatency: Experiment = {
  number: 8,
  title: 'serial console on a pseudo-terminal, runner busy, beside pytest-embedded',
  async measure(context) {
    const ours = await readLines(context);
    const peer = await expectLines(context);
    const blob = await readBlob(context);
    const p99Us = quantile(ours, 0.99) ?? NaN;
    const theirs = quantile(peer, 0.99);
    return [
      us('write to line, p50', quantile(ours, 0.5)),
      { ...us('write to line, p99', p99Us), aim: atMost(350, { unit: 'µs', origin: 'a tenth of a tick' }) },
      theirs === undefined
        ? {
            what: 'pytest-embedded’s expect, p99',
            unit: 'µs',
            why: 'pytest-embedded is not at hand (HIL_PYTHON)',
          }
        : us('pytest-embedded’s expect, p99', theirs),
      {
        what: '10 MB without an end: until all of it is on disk',
        value: blob.tookMs,
        unit: 'ms',
        aim: atMost(250, { unit: 'ms', origin: 'linear in what comes' }),
      },
      {
        what: '10 MB without an end: kept of it as one line',
        value: blob.longestLine,
        unit: 'bytes',
        aim: atMost(1e6, { unit: 'bytes', origin: 'memory is bounded' }),
      },
      {
        what: '10 MB without an end: bytes on disk that differ',
        value: blob.wrongBytes,
        unit: 'bytes',
        aim: exactly(0, { origin: 'raw bytes are the evidence' }),
      },
    ];
  },
};

/** @returns µs from writing each line to its stamp */
async function readLines({ peer, scratch }: ExperimentContext): Promise<number[]> {
  await using pty = await peer.start('pty', [lines, periodUs]);
  const { heard, monitor } = await listen(pty.firstLine, scratch);
  await using _monitor = monitor;
  await whileBusy(pty.ask('go'));
  await whileBusy(waitUntil(() => heard.length >= lines));
  return heard.map(({ text, hostNs }) => (hostNs - writtenNs(text)) / 1e3);
}

async function readBlob({ peer, scratch }: ExperimentContext) {
  await using pty = await peer.start('blob', [blobBytes]);
  const { heard, monitor, rawFile } = await listen(pty.firstLine, scratch);
  await using _monitor = monitor;
  const startedNs = hostNow();
  const asked = pty.ask('go');
  await waitUntil(async () => (await stat(rawFile)).size >= blobBytes);
  const tookMs = elapsedMs(startedNs);
  await asked;
  const raw = readFileSync(rawFile);
  const wrongBytes =
    raw.reduce((wrong, byte) => wrong + (byte === 0x78 ? 0 : 1), 0) + Math.abs(raw.length - blobBytes);
  return { tookMs, wrongBytes, longestLine: Math.max(0, ...heard.map(({ text }) => text.length)) };
}

async function listen(path: string, scratch: string) {
  const dir = join(scratch, `console-${hostNow()}`);
  await mkdir(dir);
  const heard: SerialLine[] = [];
  const rawFile = join(dir, 'serial.log');
  const monitor = await startSerialMonitor({
    path,
    baudRate: 115_200,
    rawFile,
    eventsFile: join(dir, 'serial.jsonl'),
    onLine: (line) => {
      heard.push(line);
    },
    onLost: () => undefined,
  });
  return { heard, monitor, rawFile };
}

function writtenNs(text: string): HostNs {
  return Number(text.split(' ')[1]) as HostNs;
}

async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpNs = hostNow() + 20e9;
  while (!(await isSo()) && hostNow() < giveUpNs) await delay(2);
}

const test = `
import re, time
def test_lines(dut):
    print("READY", flush=True)
    for _ in range(200):
        line = dut.expect(re.compile(rb"\\d{6} (\\d{20}) "), timeout=20)
        print("LATE", time.monotonic_ns() - int(line.group(1)), flush=True)
`;

/** The same stream by pytest-embedded's `dut.expect`, for its first 200 lines. @returns µs; none where it is not at hand */
async function expectLines({ peer, scratch }: ExperimentContext): Promise<number[]> {
  const python = process.env['HIL_PYTHON'];
  if (python === undefined) return [];
  const file = join(scratch, 'test_lines.py');
  writeFileSync(file, test);
  await using pty = await peer.start('pty', [400, 10_000]);
  const late: number[] = [];
  let going: Promise<unknown> | undefined;
  await runTool({
    command: python,
    args: [
      '-m',
      'pytest',
      '-q',
      '-s',
      '-p',
      'no:cacheprovider',
      '--embedded-services',
      'serial',
      '--port',
      pty.firstLine,
      file,
    ],
    cwd: scratch,
    timeoutMs: 60_000,
    onLine: (line) => {
      if (line.includes('READY')) going ??= pty.ask('go').catch(() => undefined);
      const ns = /LATE (\d+)/.exec(line)?.[1];
      if (ns !== undefined) late.push(Number(ns) / 1e3);
    },
  });
  return late;
}

function us(what: string, value: number | undefined): Sample {
  return { what, unit: 'µs', ...(value !== undefined && { value }) };
}
