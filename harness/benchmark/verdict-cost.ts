import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atMost } from '../analysis/bound.ts';
import { runTool } from '../process/run-tool.ts';
import type { RunResult } from '../record/verdict.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';

/** What a verdict costs beyond the time that the board itself takes. */
export const verdictCost: Experiment = {
  number: 9,
  title: 'cost of a verdict: a run beyond its boot and observation; a replay beyond an empty vitest run',
  async measure(context) {
    const run = await timeRun(context);
    const replayMs = await timeReplay(context);
    const emptyMs = await timeEmptyTest(context);
    return [
      {
        what: 'a run of 1 s, beyond boot and observation',
        value: run.beyondMs,
        unit: 'ms',
        aim: atMost(1000, { unit: 'ms', origin: 'build and flash skipped' }),
      },
      { what: 'a run of 1 s, as a whole', value: run.totalMs, unit: 'ms' },
      {
        what: 'a replay of one spec, beyond an empty vitest run',
        value: replayMs - emptyMs,
        unit: 'ms',
        aim: atMost(60, { unit: 'ms', origin: 'the runner itself takes half a second' }),
      },
      { what: 'an empty vitest run', value: emptyMs, unit: 'ms' },
    ] satisfies Sample[];
  },
};

async function timeRun({ root, scratch, port }: ExperimentContext) {
  const json = join(scratch, 'verdict.json');
  const options = ['--duration', '1s', '--spec', 'payload', '--server-port', String(port), '--json', json];
  // The first one builds and flashes.
  for (let run = 0; run < 2; run++) await hil(root, options);
  const { timingsMs } = JSON.parse(await readFile(json, 'utf8')) as RunResult;
  const { total, boot = 0, observe = 0 } = timingsMs;
  return { totalMs: total, beyondMs: total - boot - observe };
}

async function timeReplay({ root }: ExperimentContext): Promise<number> {
  const { durationMs } = await hil(root, ['--replay', join(root, 'specs/data/healthy'), '--spec', 'payload']);
  return durationMs;
}

async function timeEmptyTest({ root, scratch }: ExperimentContext): Promise<number> {
  const dir = join(scratch, 'empty');
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'empty.test.js'), "import { test } from 'vitest'; test('nothing', () => {});");
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--root', dir, '--config', 'false', '--pool', 'threads', '--no-isolate'];
  const { durationMs } = await runTool({ command: process.execPath, args, cwd: root });
  return durationMs;
}

function hil(root: string, options: readonly string[]) {
  return runTool({
    command: process.execPath,
    args: [join(root, 'scripts/start.cjs'), 'hil', ...options],
    cwd: root,
  });
}
