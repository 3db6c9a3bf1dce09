/**
 * By which figures runs are compared, and what of a difference is a regression: one table, with the origin of each number.
 *
 * A regression is a change for the worse that is certainly beyond `tolerance`: what runs of one and the same firmware differ by.
 * There is none where the change is certainly smaller than `smallestEffect`. Anything else can't be told.
 */
import type { FigureId, RunFigures } from '../record/run-figures.ts';

export interface ComparedFigureRule {
  readonly id: FigureId;
  readonly title: string;
  readonly unit: string;
  readonly changeUnit: string;
  /** What a change is multiplied with to be in `changeUnit`; `undefined` where the baseline does not tell what it is a share of. */
  readonly scale: (baseline: RunFigures, value: number) => number | undefined;
  readonly worse: 'more' | 'less' | 'other';
  readonly tolerance: (baselineValue: number) => number;
  readonly smallestEffect: (baselineValue: number) => number;
  readonly origin: string;
  /** Taken from the sends that were watched: missing where there were too few. */
  readonly ofTraffic?: true;
  /** Moves with the host's processor, where that is the board's, too. */
  readonly ofHost?: true;
  /** Scales with the speed of that processor, which the server's part in the round trips tells. */
  readonly ofHostSpeed?: true;
  /** On a board with a network of its own, one run does not tell how much runs differ: so many do. */
  readonly fewestBaselineRuns?: number;
}

const absolute = () => 1;
const inPpm = (_: RunFigures, value: number) => 1e6 / value;
const inPercent = (_: RunFigures, value: number) => 100 / value;
const ofWholeRoundTrip = ({ wholeRoundTripUs }: RunFigures) =>
  wholeRoundTripUs === undefined ? undefined : 100 / wholeRoundTripUs;
const always = (value: number) => () => value;

const clocks =
  'crystals differ by 40 ppm, and NTP turns the host’s clock by 500 ppm at most; 0.2 % is what the claim about the period finds';

export const comparedFigures: readonly ComparedFigureRule[] = [
  {
    id: 'period.arrivals',
    title: 'period by arrivals',
    unit: 'ms',
    changeUnit: 'ppm',
    scale: inPpm,
    worse: 'other',
    tolerance: always(600),
    smallestEffect: always(2000),
    origin: clocks,
    ofTraffic: true,
  },
  {
    id: 'period.device',
    title: 'period by the device’s clock',
    unit: 'ms',
    changeUnit: 'ppm',
    scale: inPpm,
    worse: 'other',
    tolerance: always(600),
    smallestEffect: always(2000),
    origin: clocks,
    ofTraffic: true,
  },
  {
    id: 'spread',
    title: 'spread of intervals',
    unit: 'ms',
    changeUnit: 'ms',
    scale: absolute,
    worse: 'more',
    tolerance: always(0.5),
    smallestEffect: always(2),
    origin: 'healthy runs differ by 0.05 ms on loopback; 2 ms is what the claim about the spread allows',
    ofHost: true,
    ofTraffic: true,
  },
  {
    id: 'lateness',
    title: 'lateness of intervals',
    unit: 'ms',
    changeUnit: 'ms',
    scale: absolute,
    worse: 'more',
    tolerance: always(5),
    smallestEffect: always(25),
    origin: 'half a FreeRTOS tick; 25 ms is what the claim about lateness allows',
    ofHost: true,
    ofTraffic: true,
  },
  {
    id: 'round-trip',
    title: 'round trip, median',
    unit: 'µs',
    changeUnit: '% of the whole',
    scale: ofWholeRoundTrip,
    worse: 'more',
    tolerance: always(8),
    smallestEffect: always(25),
    origin: 'healthy runs differ by 8 % in calm seconds',
    ofHost: true,
    ofHostSpeed: true,
    ofTraffic: true,
  },
  {
    id: 'round-trip.tail',
    title: 'round trip, nine of ten',
    unit: 'µs',
    changeUnit: '% of the whole',
    scale: ofWholeRoundTrip,
    worse: 'more',
    tolerance: always(100),
    smallestEffect: always(300),
    origin: 'a tail is made of few samples: it is beyond doubt when it has grown by a whole round trip',
    ofHost: true,
    ofHostSpeed: true,
    ofTraffic: true,
  },
  {
    id: 'boot',
    title: 'boot',
    unit: 'ms',
    changeUnit: 'ms',
    scale: absolute,
    worse: 'more',
    tolerance: (bootMs) => Math.max(1000, bootMs / 4),
    smallestEffect: (bootMs) => Math.max(2000, bootMs / 2),
    origin:
      'healthy boots differ by 0.6 s on a host with 25 programs a core; how much a network adds, several runs of the baseline tell',
    ofHost: true,
    fewestBaselineRuns: 3,
  },
  {
    id: 'image',
    title: 'image size',
    unit: 'B',
    changeUnit: '%',
    scale: inPercent,
    worse: 'more',
    tolerance: always(2),
    smallestEffect: always(4),
    origin: 'exact; 2 % is more than a fix adds and less than a component does',
  },
  {
    id: 'heap',
    title: 'heap at start-up',
    unit: 'B',
    changeUnit: '%',
    scale: inPercent,
    worse: 'less',
    tolerance: always(2),
    smallestEffect: always(4),
    origin: 'exact, as the boot log lists it; 2 % of 300 kB are 6 kB of static data',
  },
];
