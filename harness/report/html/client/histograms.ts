import uPlot from 'uplot';
import { undisturbedMs, type Model } from '../model.ts';
import { axis, drawLine, headroom, logarithmic, writeLabels, type PlotSetting } from './plot.ts';

export interface HistogramOptions extends PlotSetting {
  readonly model: Model;
  readonly host: HTMLElement;
}

/** How many intervals have which length; the ticks of FreeRTOS are marked, as a period is made of them. */
export function plotIntervalHistogram(options: HistogramOptions): uPlot {
  const { model, palette } = options;
  const { nominalPeriodMs, tickMs } = model.data;
  const { ms: lengths } = undisturbedMs(model);
  const [low, high] = span(lengths, [nominalPeriodMs - 1.6 * tickMs, nominalPeriodMs + 1.6 * tickMs]);
  const width = niceWidth((high - low) / 80);
  // Bins have the ticks in their middle, not at their edges.
  const [first, last] = [Math.round(low / width), Math.round(high / width)];
  const bins = count(lengths, [first, last], (length) => Math.round(length / width));
  const centres = bins.map((_, at) => (first + at) * width);
  return histogram(options, centres, bins, {
    x: { time: false, range: [(first - 0.5) * width, (last + 0.5) * width] },
    label: `interval in ms, bins of ${Number(width.toPrecision(2))} ms`,
    draw: (plot) => {
      const ticks = ticksBetween(low, high, tickMs).map((tick) => ({
        at: tick * tickMs,
        text: `${tick} tick${tick === 1 ? '' : 's'}`,
        isPromised: tick * tickMs === nominalPeriodMs,
      }));
      for (const { at, isPromised } of ticks) {
        if (isPromised) drawLine(plot, at, palette.text);
        else drawLine(plot, at, palette.nominal, [3, 3]);
      }
      const labels = ticks.map((tick) => ({
        ...tick,
        color: tick.isPromised ? palette.text : palette.muted,
      }));
      writeLabels(
        plot,
        labels.toSorted((a, b) => Number(b.isPromised) - Number(a.isPromised)),
      );
    },
  });
}

/** Whole ticks in a range; none where they would be a thicket. */
function ticksBetween(low: number, high: number, tickMs: number): number[] {
  if (high - low > 60 * tickMs) return [];
  const first = Math.ceil(low / tickMs);
  return Array.from({ length: Math.floor(high / tickMs) - first + 1 }, (_, at) => first + at);
}

/** How many round trips took how long, ten bins a decade. */
export function plotRoundTripHistogram(options: HistogramOptions): uPlot {
  const times = options.model.roundTrips.ms.map((ms) => Math.max(ms, 0.001));
  const bin = (ms: number) => Math.floor(10 * Math.log10(ms) + 1e-9);
  const [low, high] = times.reduce(
    ([least, most], ms) => [Math.min(least, bin(ms)), Math.max(most, bin(ms))],
    [Infinity, -Infinity],
  );
  const first = Number.isFinite(low) ? Math.min(low - 3, high - 12) : -10;
  const last = Number.isFinite(high) ? high + 3 : 10;
  const bins = count(times, [first, last], bin);
  const centres = bins.map((_, at) => 10 ** ((first + at + 0.5) / 10));
  return histogram(options, centres, bins, {
    x: { time: false, distr: logarithmic, range: [10 ** (first / 10), 10 ** ((last + 1) / 10)] },
    label: 'round trip in ms',
    draw: () => undefined,
  });
}

interface Look {
  readonly x: uPlot.Scale;
  readonly label: string;
  readonly draw: (plot: uPlot) => void;
}

/** Bars on a logarithmic scale: one interval among thousands still shows. */
function histogram(
  { palette, width, host }: HistogramOptions,
  centres: readonly number[],
  bins: readonly number[],
  { x, label, draw }: Look,
): uPlot {
  const { bars } = uPlot.paths;
  const most = bins.reduce((high, bin) => Math.max(high, bin), 1);
  return new uPlot(
    {
      width,
      height: 220,
      padding: headroom,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { x, y: { distr: logarithmic, range: [0.7, Math.max(10, most * 2)] } },
      axes: [
        axis(palette, { label, size: 32 }),
        axis(palette, { size: 56, label: 'count', values: (_, splits) => splits.map((at) => decade(at)) }),
      ],
      series: [
        {},
        {
          stroke: palette.point,
          fill: palette.point,
          width: 0,
          points: { show: false },
          ...(bars && { paths: bars({ size: [0.9, 100], align: 0 }) }),
        },
      ],
      hooks: { draw: [draw] },
    },
    [[...centres], bins.map((bin) => (bin === 0 ? null : bin))],
    host,
  );
}

function count(
  values: readonly number[],
  [first, last]: readonly [number, number],
  binOf: (value: number) => number,
): number[] {
  const bins = new Array<number>(Math.max(1, last - first + 1)).fill(0);
  for (const value of values) {
    // What lies beyond the ends stands in the bin at the end.
    const at = Math.min(bins.length - 1, Math.max(0, binOf(value) - first));
    bins[at] = (bins[at] ?? 0) + 1;
  }
  return bins;
}

/** From the least to the most, but for the rarest at the ends; at least what is given. */
function span(values: readonly number[], [least, most]: readonly [number, number]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor(0.002 * (sorted.length - 1))] ?? least;
  const high = sorted[Math.ceil(0.998 * (sorted.length - 1))] ?? most;
  return [Math.min(least, low), Math.max(most, high)];
}

/** 1, 2 or 5 of a decade. */
function niceWidth(width: number): number {
  const decadeOf = 10 ** Math.floor(Math.log10(width));
  return decadeOf * ([1, 2, 5].find((step) => step * decadeOf >= width) ?? 10);
}

function decade(value: number): string {
  return Number.isInteger(Math.log10(value)) ? String(value) : '';
}
