import { durationFigures } from '../../analysis/round-trip.ts';
import { quantile } from '../../analysis/statistics.ts';
import { undisturbedMs, type Model } from './model.ts';
import { lanes, type Lane } from './report-data.ts';

/** What each plot shows, in words: for who can't see it, and for who reads the page without its script. */
export interface PlotWords {
  readonly intervals: string;
  readonly roundTrips: string;
  readonly losses: string;
}

export function describePlots(model: Model): PlotWords {
  return {
    intervals: describeIntervals(model),
    roundTrips: describeRoundTrips(model.data.roundTrips.rttUs),
    losses: describeLosses(model.data.marks.map(({ lane }) => lane)),
  };
}

function describeIntervals(model: Model): string {
  const { ms, isWindow } = undisturbedMs(model);
  const at = (p: number) => (quantile(ms, p) ?? 0).toFixed(3);
  if (ms.length === 0) return 'No interval was measured.';
  const where = isWindow ? ' in the undisturbed window' : '';
  return `${count(ms.length, 'interval')}${where}: median ${at(0.5)} ms, nineteen in twenty from ${at(0.025)} to ${at(0.975)} ms, shortest ${at(0)} ms, longest ${at(1)} ms.`;
}

function describeRoundTrips(rttUs: readonly number[]): string {
  const { sampleCount, p50Us = 0, p95Us = 0, p99Us = 0, maxUs = 0 } = durationFigures(rttUs);
  if (sampleCount === 0) return 'The device logged no round trip that is certain.';
  return `${count(sampleCount, 'round trip')} by the device's clock: median ${inMs(p50Us)} ms, p95 ${inMs(p95Us)} ms, p99 ${inMs(p99Us)} ms, longest ${inMs(maxUs)} ms.`;
}

function describeLosses(marks: readonly Lane[]): string {
  const counts = (Object.keys(lanes) as Lane[]).flatMap((lane) => {
    const number = marks.filter((mark) => mark === lane).length;
    return number === 0 ? [] : [`${number} ${lanes[lane]}`];
  });
  return counts.length === 0
    ? 'Nothing was lost, doubled or left unanswered.'
    : `Datagrams and acks: ${counts.join('; ')}. What falls into a disturbance was brought about by the bench.`;
}

function inMs(us: number): string {
  return (us / 1e3).toFixed(3);
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
