import { atLeast, atMost } from '../analysis/bound.ts';
import { analyseCadence } from '../analysis/cadence.ts';
import { mean, standardDeviation } from '../analysis/statistics.ts';
import type { Experiment, Sample } from './experiment.ts';
import { loads, recordTraces, type Trace } from './traces.ts';

const skewPpm = 50;

/** How exactly 100 packets tell a period, and whether 50 ppm show. */
export const periodPrecision: Experiment = {
  number: 5,
  title: 'period from 100 packets of 40 boards on absolute deadlines',
  // 40 boards at once are as many repetitions.
  repeats: 1,
  async measure(context) {
    const samples: Sample[] = [];
    for (const load of loads) {
      const straight = await recordTraces(context, load);
      const skewed = await recordTraces(context, load, skewPpm);
      const floor = straight.map(floorErrorPpm).filter((ppm) => !Number.isNaN(ppm));
      const plain = straight.map(meanErrorPpm);
      const bothPpm = standardDeviation(floor) ?? NaN;
      const centre = mean(floor) ?? NaN;
      const seen = skewed.map(floorErrorPpm).filter((ppm) => ppm > skewPpm / 2).length;
      const imagined = floor.filter((ppm) => Math.abs(ppm) > skewPpm / 2).length;
      samples.push(
        {
          what: `${load}: standard error`,
          value: Math.hypot(bothPpm, centre),
          unit: 'ppm',
          aim: atMost(1, { unit: 'ppm', origin: 'a twentieth of what a crystal keeps' }),
        },
        { what: `${load}: standard error of the mean`, value: standardDeviation(plain) ?? NaN, unit: 'ppm' },
        {
          what: `${load}: 50 ppm seen, and none where there are none`,
          value: (seen + floor.length - imagined) / (skewed.length + straight.length),
          unit: '',
          aim: atLeast(0.99, { origin: 'a wrong crystal shows in one run' }),
        },
      );
    }
    return samples;
  },
};

function floorErrorPpm(atMs: Trace): number {
  return cadence(atMs).floorPeriod?.errorPpm ?? NaN;
}

function meanErrorPpm(atMs: Trace): number {
  const intervals = atMs.length - 1;
  return (((atMs.at(-1) ?? NaN) - (atMs[0] ?? NaN)) / intervals / 100 - 1) * 1e6;
}

function cadence(atMs: Trace) {
  return analyseCadence({ clock: 'host', atMs, boundUs: 2 }, { nominalMs: 100 });
}
