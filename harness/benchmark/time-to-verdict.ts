import { atLeast, atMost } from '../analysis/bound.ts';
import { analyseCadence } from '../analysis/cadence.ts';
import { testPeriod, type PeriodDecision } from '../analysis/period-test.ts';
import { quantile, smallest } from '../analysis/statistics.ts';
import type { Experiment, Sample } from './experiment.ts';
import { resample, seededRandom } from './resample.ts';
import { loads, recordTraces, sendsOfTrace, type Load, type Trace } from './traces.ts';

/** Resampled runs for the sequential test, and windows of 10 s for the claims, of each load. */
const runs = 20_000;
const windows = 20_000;
const faultyWindows = 4_000;

/** How soon a period that is 1 % off is known, how often wrongly, and whether one lost tick shows. */
export const timeToVerdict: Experiment = {
  number: 6,
  title: 'time to verdict and error rates on resampled runs of recorded traces',
  // It repeats 20,000 times within itself.
  repeats: 1,
  async measure(context) {
    const samples: Sample[] = [];
    for (const load of loads) {
      const recorded = await recordTraces(context, load);
      const traces = recorded.map(sinceEarliest);
      samples.push(...judgeTest(load, traces), ...judgeWindows(load, traces));
    }
    return samples;
  },
};

/** The first send may itself be late: count from where the schedule begins. */
function sinceEarliest(atMs: Trace): Trace {
  const startMs = smallest(atMs.map((at, send) => at - send * 100)) ?? 0;
  return atMs.map((at) => at - startMs);
}

function judgeTest(load: Load, traces: readonly Trace[]): Sample[] {
  const random = seededRandom(1);
  const healthy = Array.from({ length: runs / 2 }, () => decide(traces, 100, random));
  const off = Array.from({ length: runs / 2 }, (_, at) => decide(traces, at % 2 === 0 ? 99 : 101, random));
  const sends = [...healthy, ...off].map((run) => run.sends);
  const share = (decided: readonly Decided[], decision: PeriodDecision) =>
    decided.filter((run) => run.decision === decision).length / decided.length;
  const few = { origin: 'stated' };
  return [
    {
      what: `${load}: packets to a verdict on 1 %, median`,
      value: quantile(sends, 0.5) ?? NaN,
      unit: 'packets',
      aim: atMost(10, { unit: 'packets', origin: 'a second' }),
    },
    { what: `${load}: packets to a verdict, p99`, value: quantile(sends, 0.99) ?? NaN, unit: 'packets' },
    { what: `${load}: false alarms`, value: share(healthy, 'off'), unit: '', aim: atMost(1e-3, few) },
    {
      what: `${load}: misses`,
      value: share(off, 'as-promised') + share(off, 'open'),
      unit: '',
      aim: atMost(1e-3, few),
    },
  ];
}

interface Decided {
  readonly decision: PeriodDecision;
  readonly sends: number;
}

function decide(traces: readonly Trace[], periodMs: number, random: () => number): Decided {
  const atMs = resample(traces, { sends: sendsOfTrace, periodMs, nominalMs: 100, random });
  const intervals = atMs.slice(1).map((at, i) => at - (atMs[i] ?? 0));
  for (let n = 9; n <= intervals.length; n++) {
    const decision = testPeriod(intervals.slice(0, n), {
      nominalMs: 100,
      effectMs: 1,
      falseAlarm: 1e-3,
      miss: 1e-3,
    });
    if (decision !== 'open') return { decision, sends: n + 1 };
  }
  return { decision: 'open', sends: sendsOfTrace };
}

/** The bounds of the cadence claims, as in specs/bounds.ts. */
function judgeWindows(load: Load, traces: readonly Trace[]): Sample[] {
  const random = seededRandom(2);
  const window = (periodMs: number, lostTickAt = Infinity) => {
    const atMs = resample(traces, { sends: sendsOfTrace, periodMs, nominalMs: 100, random });
    const shifted = atMs.map((at, send) => (send >= lostTickAt ? at + 10 : at));
    return analyseCadence({ clock: 'host', atMs: shifted, boundUs: 2 }, { nominalMs: 100 });
  };
  const count = (n: number, isSo: () => boolean) =>
    Array.from({ length: n }, isSo).filter(Boolean).length / n;
  const isRed = ({
    meanMs = NaN,
    floorPeriod,
    madMs = NaN,
    deviationP95Ms = NaN,
    phaseStepMaxMs = NaN,
    gaps,
    extraCount,
  }: ReturnType<typeof window>) =>
    !(
      Math.abs(meanMs - 100) <= 1 &&
      Math.abs(floorPeriod?.errorPpm ?? NaN) <= 1000 &&
      madMs <= 2 &&
      deviationP95Ms <= 25 &&
      phaseStepMaxMs <= 5 &&
      gaps.length === 0 &&
      extraCount === 0
    );
  const found = { origin: 'stated' };
  return [
    {
      what: `${load}: false alarms of all cadence claims in a window of 10 s`,
      value: count(windows, () => isRed(window(100))),
      unit: '',
      aim: atMost(1e-4, found),
    },
    {
      what: `${load}: one lost tick found`,
      value: count(
        faultyWindows,
        () => (window(100, 20 + Math.floor(60 * random())).phaseStepMaxMs ?? 0) > 5,
      ),
      unit: '',
      aim: atLeast(0.999, found),
    },
    {
      what: `${load}: 1 % found`,
      value: count(faultyWindows, () => Math.abs(window(101).floorPeriod?.errorPpm ?? NaN) > 1000),
      unit: '',
      aim: atLeast(0.999, found),
    },
  ];
}
