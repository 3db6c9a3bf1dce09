/** What the recorder writes, the reader reads: also when the run was killed in between. */
import { appendFileSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import type { HostNs } from '../time/clock.ts';
import type { RunEvent, RunHeader } from './events.ts';
import { findWindow, readRun } from './read-run.ts';
import { RunRecorder } from './run-recorder.ts';
import type { ClaimResult, RunResult } from './verdict.ts';

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'hil-runs-'));
});
afterEach(() => {
  rmSync(runs, { recursive: true, force: true });
});

const header: RunHeader = {
  schema: 1,
  id: '20261123-153305-virtual-11825',
  startedAt: '2026-11-23T15:33:05.670Z',
  startedHostNs: 6_030_226_555_983 as HostNs,
  tier: 'virtual',
  board: 'virtual board',
  realBoard: false,
  configuration: { serverPort: 3333 },
  versions: { node: 'v20.20.2' },
};
const reset: RunEvent = { kind: 'bench-action', hostNs: 1e9 as HostNs, action: 'reset', detail: 'boot' };
const span = { fromNs: 1e9 as HostNs, toNs: 3e9 as HostNs };
const window = (name: string, fromNs: number): RunEvent => ({
  kind: 'window',
  name,
  ...span,
  fromNs: fromNs as HostNs,
  span,
});
const result: RunResult = {
  schema: 1,
  id: header.id,
  verdict: 'passed',
  summary: 'all 20 claims hold',
  tier: 'virtual',
  board: 'virtual board 1',
  realBoard: false,
  claims: [],
  errors: [],
  timingsMs: { total: 5000 },
  record: `runs/${header.id}`,
};

describe('a run that ended by itself', () => {
  it('is read back as it was written', () => {
    const recorder = new RunRecorder(runs, header);
    recorder.describe({ board: 'virtual board 1' });
    recorder.append(reset);
    recorder.append(window('boot', 1e9));
    recorder.writeResult(result);
    expect(readRun(recorder.dir)).toEqual({
      header: { ...header, board: 'virtual board 1' },
      events: [reset, window('boot', 1e9)],
      lines: [],
      datagrams: [],
      acks: [],
      impairments: [],
      health: [],
      result,
    });
  });

  it('holds lines and datagrams by their kinds, whichever thread wrote them', () => {
    const { lines, datagrams, acks, health } = readRun(join(import.meta.dirname, '../../specs/data/healthy'));
    expect(lines[0]?.text).toBe('ets Jul 29 2019 12:21:46');
    expect(datagrams.map(({ index }) => index)).toEqual(datagrams.map((_, at) => at));
    expect(acks.length).toBe(datagrams.length);
    expect(new Set(health.map(({ thread }) => thread))).toEqual(new Set(['serial', 'server']));
  });

  it('is what runs/latest points at', () => {
    new RunRecorder(runs, header);
    new RunRecorder(runs, { ...header, id: 'the-next' });
    expect(readlinkSync(join(runs, 'latest'))).toBe('the-next');
  });
});

describe('everything is on disk at once', () => {
  it('events and claims, one line each', () => {
    const recorder = new RunRecorder(runs, header);
    recorder.append(reset);
    const claim = { id: 'boot.once', title: 'boots once', verdict: 'passed' } as ClaimResult;
    recorder.appendClaim(claim);
    recorder.appendClaim(claim);
    expect(readFileSync(recorder.file('events.jsonl'), 'utf8')).toBe(`${JSON.stringify(reset)}\n`);
    expect(readFileSync(recorder.file('claims.jsonl'), 'utf8')).toBe(`${JSON.stringify(claim)}\n`.repeat(2));
  });
});

describe('a run that was killed', () => {
  it('has no result, and lacks the line that was cut, wherever the cut is', () => {
    const recorder = new RunRecorder(runs, header);
    recorder.append(reset);
    const cut = Buffer.from('{"kind":"serial-line","hostNs":2,"text":"42 °C"}\n');
    for (let length = 0; length < cut.length; length++) {
      const whole = '{"kind":"serial-line","hostNs":1,"text":"whole"}\n';
      writeFileSync(recorder.file('serial.jsonl'), whole);
      appendFileSync(recorder.file('serial.jsonl'), cut.subarray(0, length));
      const { lines, events, result: none } = readRun(recorder.dir);
      expect(lines.map(({ text }) => text)).toEqual(['whole']);
      expect(events).toEqual([reset]);
      expect(none).toBeUndefined();
    }
  });
});

describe('a soak', () => {
  it('is absent where there was none, and not complete before its end is written', () => {
    const recorder = new RunRecorder(runs, header);
    expect(readRun(recorder.dir).soak).toBeUndefined();
    const write = (event: object) =>
      appendFileSync(recorder.file('soak.jsonl'), `${JSON.stringify(event)}\n`);
    write({ kind: 'soak-begin', hostNs: 1, soakMs: 60_000, sliceMs: 3000 });
    expect(readRun(recorder.dir).soak).toEqual({ soakMs: 60_000, slices: [], isComplete: false });
    write({ kind: 'soak-slice', index: 0 });
    appendFileSync(recorder.file('soak.jsonl'), '{"kind":"soak-sl');
    expect(readRun(recorder.dir).soak).toMatchObject({ slices: [{ index: 0 }], isComplete: false });
    writeFileSync(recorder.file('soak.jsonl'), '{"kind":"soak-begin","soakMs":1}\n{"kind":"soak-end"}\n');
    expect(readRun(recorder.dir).soak).toMatchObject({ isComplete: true });
  });
});

describe('what is no run', () => {
  it.each([
    ['a folder without run.json', undefined, 'NO_RUN: There is no run here'],
    ['a schema of the future', '{"schema":2}', "NO_RUN: The run's schema is 2, not 1"],
    ['run.json without a schema', '{}', "NO_RUN: The run's schema is undefined, not 1"],
    ['run.json that is no JSON', '{"schema":1', 'NO_RUN: The run is damaged'],
  ])('%s', (_, json, words) => {
    if (json !== undefined) writeFileSync(join(runs, 'run.json'), json);
    expect(() => readRun(runs)).toThrow(UsageError);
    expect(() => readRun(runs)).toThrow(words);
    expect(() => readRun(runs)).toThrow(runs);
  });

  it('names the file and the line that is no JSON, though whole', () => {
    const recorder = new RunRecorder(runs, header);
    recorder.append(reset);
    appendFileSync(recorder.file('events.jsonl'), '{"kind":\n');
    expect(() => readRun(recorder.dir)).toThrow(UsageError);
    expect(() => readRun(recorder.dir)).toThrow(`${recorder.file('events.jsonl')}:2`);
  });
});

it('finds the last window of a name', () => {
  const recorder = new RunRecorder(runs, header);
  for (const fromNs of [1e9, 2e9]) recorder.append(window('steady', fromNs));
  const record = readRun(recorder.dir);
  expect(findWindow(record, 'steady')).toEqual(window('steady', 2e9));
  expect(findWindow(record, 'boot')).toBeUndefined();
});
