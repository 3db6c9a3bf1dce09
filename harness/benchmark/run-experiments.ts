import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../analysis/statistics.ts';
import { HilError } from '../errors.ts';
import { ackLatency } from './ack-latency.ts';
import { arrivalStamps } from './arrival-stamps.ts';
import { attribution } from './attribution.ts';
import { consoleLatency } from './console-latency.ts';
import { disturbance } from './disturbance.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';
import { falseAlarms } from './false-alarms.ts';
import { loss } from './loss.ts';
import { PeerProgram } from './peer-program.ts';
import { periodPrecision } from './period-precision.ts';
import { timeToVerdict } from './time-to-verdict.ts';
import { verdictCost } from './verdict-cost.ts';

export const experiments: readonly Experiment[] = [
  arrivalStamps,
  ackLatency,
  disturbance,
  loss,
  periodPrecision,
  timeToVerdict,
  attribution,
  consoleLatency,
  verdictCost,
  falseAlarms,
];

/** A figure over all repetitions. */
export interface BenchFigure {
  readonly experiment: number;
  readonly title: string;
  readonly what: string;
  /** Median of the repetitions; absent when it could not be measured: see `why`. */
  readonly value?: number;
  readonly values: readonly number[];
  readonly unit: string;
  /** What is aimed at, in words, and whether the median is within. */
  readonly aim?: string;
  readonly met?: boolean;
  readonly why?: string;
  /** Load average of a minute before and after: the experiment's own is in the latter. */
  readonly load: readonly [before: number, after: number];
}

export interface BenchReport {
  readonly host: {
    readonly cores: number;
    readonly cpu: string;
    readonly system: string;
    readonly node: string;
  };
  readonly at: string;
  readonly figures: readonly BenchFigure[];
}

export interface BenchOptions {
  readonly root: string;
  /** Numbers of the experiments to make. */
  readonly only: readonly number[];
  readonly repeats: number;
  readonly port: number;
  readonly onFigures: (figures: readonly BenchFigure[]) => void;
}

/** Makes the experiments one after another. */
export async function runExperiments({
  root,
  only,
  repeats,
  port,
  onFigures,
}: BenchOptions): Promise<BenchReport> {
  const scratch = await mkdtemp(join(tmpdir(), 'hil-bench-'));
  const figures: BenchFigure[] = [];
  try {
    const peer = await PeerProgram.compile(scratch);
    for (const experiment of experiments.filter(({ number }) => only.includes(number))) {
      const before = minuteLoad();
      const rounds: (readonly Sample[])[] = [];
      for (let round = 0; round < (experiment.repeats ?? repeats); round++) {
        rounds.push(await measure(experiment, { peer, port, scratch, root }));
      }
      const made = condense(experiment, rounds, [before, minuteLoad()]);
      figures.push(...made);
      onFigures(made);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return {
    host: {
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? 'unknown',
      system: `${process.platform} ${release()}`,
      node: process.version,
    },
    at: new Date().toISOString(),
    figures,
  };
}

/** One repetition. What keeps it from being made is told in its place, and the others go on. */
async function measure(experiment: Experiment, context: ExperimentContext): Promise<readonly Sample[]> {
  try {
    return await experiment.measure(context);
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    return [{ what: 'repetitions that could not be made', unit: '', value: 1, why: error.message }];
  }
}

function condense(
  { number, title }: Experiment,
  rounds: readonly (readonly Sample[])[],
  load: readonly [number, number],
): BenchFigure[] {
  const samples = rounds.flat();
  const whats = [...new Set(samples.map(({ what }) => what))];
  return whats.map((what) => {
    const same = samples.filter((sample) => sample.what === what);
    const values = same.flatMap(({ value }) => value ?? []);
    const value = median(values);
    const [{ unit, aim, why } = { unit: '' }] = same;
    return {
      experiment: number,
      title,
      what,
      values,
      unit,
      load,
      ...(value !== undefined && { value }),
      ...(aim && { aim: aim.text, ...(value !== undefined && { met: aim.holds(value) }) }),
      ...(why !== undefined && { why }),
    };
  });
}

function minuteLoad(): number {
  return loadavg()[0] ?? 0;
}
