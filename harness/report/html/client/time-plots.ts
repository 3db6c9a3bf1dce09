import uPlot from 'uplot';
import { lanes, type Lane } from '../report-data.ts';
import type { Model } from '../model.ts';
import { axis, dots, drawLine, headroom, logarithmic, shade, writeLabels, type PlotSetting } from './plot.ts';

export interface TimePlotOptions extends PlotSetting {
  readonly model: Model;
  readonly host: HTMLElement;
  /** Draw every value, however far it is from the others. */
  readonly isWhole: boolean;
  readonly selectedS: () => number | undefined;
  readonly onPick: (atS: number) => void;
  readonly onZoom: (fromS: number, toS: number) => void;
  readonly onZoomOut: () => void;
}

/** Interval to the datagram before, over the time of the run. */
export function plotIntervals(options: TimePlotOptions): uPlot {
  const { model, palette, isWhole } = options;
  const { atS, ms } = model.intervals;
  const { nominalPeriodMs } = model.data;
  const [low, high] = isWhole ? wholeRange(ms) : usualRange(ms, nominalPeriodMs);
  // What is off the scale stands at its edge, in another colour: nothing is hidden.
  const within = ms.map((value) => (value === null || value < low || value > high ? null : value));
  const beyond = ms.map((value) => (value === null ? null : value < low ? low : value > high ? high : null));
  return timePlot(
    { ...options, height: 240, label: 'interval in ms' },
    [[...atS], within, beyond],
    [dots(palette.point, atS.length), dots(palette.alarm, 1)],
    { range: [low - (high - low) * 0.03, high + (high - low) * 0.03] },
    [nominalPeriodMs],
  );
}

/** Round trips by the device's clock, over the time of the run. */
export function plotRoundTrips(options: TimePlotOptions): uPlot {
  const { model, palette } = options;
  const { atS, ms } = model.roundTrips;
  return timePlot(
    { ...options, height: 200, label: 'round trip in ms' },
    [[...atS], ms.map((value) => Math.max(value, 0.001))],
    [dots(palette.point, atS.length)],
    { distr: logarithmic, range: decadesAround(ms) },
  );
}

/** What was lost, doubled or left unanswered. */
export function plotLosses(options: TimePlotOptions): uPlot {
  const { model, palette } = options;
  const names = Object.keys(lanes) as Lane[];
  const { marks } = model.data;
  return timePlot(
    { ...options, height: 40 + 26 * names.length, label: '' },
    [marks.map(({ atUs }) => atUs / 1e6), marks.map(({ lane }) => names.length - 1 - names.indexOf(lane))],
    [dots(palette.alarm, marks.length)],
    { range: [-0.7, names.length - 0.3] },
    [],
    {
      size: 204,
      splits: () => names.map((_, at) => at),
      values: (_, splits) => splits.map((at) => lanes[names[names.length - 1 - at] ?? 'duplicate']),
    },
  );
}

interface Look {
  readonly height: number;
  readonly label: string;
}

function timePlot(
  options: TimePlotOptions & Look,
  data: uPlot.AlignedData,
  series: readonly uPlot.Series[],
  y: uPlot.Scale,
  levels: readonly number[] = [],
  yAxis: uPlot.Axis = {},
): uPlot {
  const { model, palette, width, height, label, host, selectedS, onPick, onZoom, onZoomOut } = options;
  const plot = new uPlot(
    {
      width,
      height,
      padding: headroom,
      legend: { show: false },
      scales: {
        x: { time: false, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high]) },
        y,
      },
      axes: [
        axis(palette, { size: 30, values: (_, splits) => splits.map((at) => `${Number(at.toFixed(4))} s`) }),
        axis(palette, { size: 64, ...(label !== '' && { label }), ...yAxis }),
      ],
      series: [{}, ...series],
      cursor: {
        sync: { key: 'time' },
        drag: { x: true, y: false },
        points: { show: false },
        focus: { prox: 24 },
      },
      hooks: {
        drawClear: [(drawn) => drawSpans(drawn, model, palette)],
        draw: [
          (drawn) => {
            for (const level of levels) drawLevel(drawn, level, palette.nominal);
            const selected = selectedS();
            if (selected !== undefined) drawLine(drawn, selected, palette.selected);
          },
        ],
        setSelect: [
          (drawn) => {
            const { left, width: selected } = drawn.select;
            if (selected > 4) onZoom(drawn.posToVal(left, 'x'), drawn.posToVal(left + selected, 'x'));
          },
        ],
      },
    },
    data,
    host,
  );
  // After uPlot's own, which sees no further than this plot's points.
  plot.over.addEventListener('dblclick', onZoomOut);
  plot.over.addEventListener('click', () => {
    const { idx, left = -1 } = plot.cursor;
    if (plot.select.width > 4 || left < 0) return;
    onPick(idx === null || idx === undefined ? plot.posToVal(left, 'x') : (plot.data[0][idx] ?? 0));
  });
  return plot;
}

function drawSpans(plot: uPlot, { data }: Model, palette: PlotSetting['palette']): void {
  const spans = data.spans.map(({ kind, name, fromUs, toUs }) => ({
    kind,
    name,
    fromS: fromUs / 1e6,
    toS: toUs / 1e6,
  }));
  for (const span of spans) shade(plot, span, palette[span.kind]);
  const { min, max } = plot.scales['x'] ?? {};
  const labels = spans
    // The window after a disturbance bears its name already.
    .filter(({ kind, name }) => kind === 'disturbance' || !name.startsWith('after-'))
    .filter(({ fromS, toS }) => toS > (min ?? -Infinity) && fromS < (max ?? Infinity))
    .map(({ kind, name, fromS }) => ({
      at: fromS,
      text: name,
      color: kind === 'window' ? palette.muted : palette.text,
    }));
  // Disturbances first: they explain more.
  writeLabels(
    plot,
    labels.toSorted((a, b) => Number(b.color === palette.text) - Number(a.color === palette.text)),
  );
}

function drawLevel(plot: uPlot, level: number, stroke: string): void {
  const { ctx, bbox } = plot;
  const y = Math.round(plot.valToPos(level, 'y', true)) + 0.5;
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Around what was promised, as wide as nearly all intervals need. */
function usualRange(ms: readonly (number | null)[], nominalMs: number): [number, number] {
  const off = ms
    .flatMap((value) => (value === null ? [] : [Math.abs(value - nominalMs)]))
    .sort((a, b) => a - b);
  const half = Math.max(nominalMs / 100, 1.5 * (off[Math.floor(0.97 * (off.length - 1))] ?? 0));
  return [Math.max(0, nominalMs - half), nominalMs + half];
}

function wholeRange(ms: readonly (number | null)[]): [number, number] {
  const highest = ms.reduce<number>((most, value) => Math.max(most, value ?? 0), 1);
  return [0, highest];
}

function decadesAround(values: readonly number[]): [number, number] {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, 0],
  );
  if (most === 0) return [0.1, 10];
  const floor = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)));
  return [floor, Math.max(floor * 10, 10 ** Math.ceil(Math.log10(most)))];
}
