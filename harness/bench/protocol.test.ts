import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BenchError, describeError, DutError } from '../errors.ts';
import { readRun, type RunRecord } from '../record/read-run.ts';
import { RunRecorder } from '../record/run-recorder.ts';
import type { HostNs } from '../time/clock.ts';
import { connectBench, serveBench } from './protocol.ts';
import { ReplayBench } from './replay-bench.ts';

const healthy = readRun(join(import.meta.dirname, '../../specs/data/healthy'));
let channel: string;
beforeEach(({ task }) => {
  channel = `protocol-test-${process.pid}-${task.id}`;
});
const scratch: string[] = [];
afterEach(() => {
  for (const dir of scratch.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** The healthy run's header, and an end like that of a board that crashed as it booted. */
function recordCrash(crash: DutError): RunRecord {
  const runs = mkdtempSync(join(tmpdir(), 'hil-runs-'));
  scratch.push(runs);
  const recorder = new RunRecorder(runs, healthy.header);
  recorder.append({ kind: 'error', hostNs: 1e9 as HostNs, ...describeError(crash) });
  return readRun(recorder.dir);
}

const crash = new DutError('DUT_CRASHED', {
  what: 'The board crashed: panic on core 1: StoreProhibited',
  evidence: ["Guru Meditation Error: Core  1 panic'ed (StoreProhibited). Exception was unhandled."],
  next: 'look at the lines above',
  cause: new Error('stays behind'),
});

describe('over the channel', () => {
  it('come what the bench observed, and what it did', async () => {
    using _served = serveBench(channel, new ReplayBench(healthy));
    const bench = connectBench(channel);
    const { window, datagrams, boardAddress } = await bench.steady();
    expect(window).toEqual(
      healthy.events.find((event) => event.kind === 'window' && event.name === 'steady'),
    );
    expect(datagrams.length).toBeGreaterThan(30);
    expect(boardAddress).toBe('127.0.0.2');
    const recoveries = [bench.restartServer(500), bench.withholdAcks(5), bench.resetBoard()];
    expect((await Promise.all(recoveries)).map(({ disturbance }) => disturbance.name)).toEqual([
      'server-restart',
      'ack-silence',
      'board-reset',
    ]);
  });

  it('come errors in their own class, with code, story and words; the cause stays behind', async () => {
    using _served = serveBench(channel, new ReplayBench(recordCrash(crash)));
    const error = await connectBench(channel)
      .boot()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DutError);
    const { what, evidence, next } = crash.story;
    expect(error).toMatchObject({ code: 'DUT_CRASHED', fault: 'dut', story: { what, evidence, next } });
    expect((error as DutError).message).toBe(crash.message);
    expect((error as DutError).cause).toBeUndefined();
  });

  it('comes a failure as itself once, and after it that nothing was recorded', async () => {
    using _served = serveBench(channel, new ReplayBench(recordCrash(crash)));
    const bench = connectBench(channel);
    await expect(bench.boot()).rejects.toBeInstanceOf(DutError);
    const next = bench.resetBoard();
    await expect(next).rejects.toBeInstanceOf(BenchError);
    await expect(next).rejects.toThrow('NOT_RECORDED: The run holds no "board-reset"');
    await expect(next).rejects.toThrow('| DUT_CRASHED: The board crashed');
  });
});

it('two benches on channels of their own don’t hear each other', async () => {
  using _healthy = serveBench(channel, new ReplayBench(healthy));
  using _crashed = serveBench(`${channel}-crashed`, new ReplayBench(recordCrash(crash)));
  await expect(connectBench(`${channel}-crashed`).boot()).rejects.toBeInstanceOf(DutError);
  expect((await connectBench(channel).boot()).window.name).toBe('boot');
});
