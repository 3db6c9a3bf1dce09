import type uPlot from 'uplot';
import type { Palette } from './palette.ts';

/** What all plots of the page share. */
export interface PlotSetting {
  readonly palette: Palette;
  readonly width: number;
}

const font = '12px ui-sans-serif, system-ui, sans-serif';

export function axis(palette: Palette, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    font,
    labelFont: font,
    labelSize: 20,
    stroke: palette.muted,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { stroke: palette.grid, width: 1, size: 4 },
    ...more,
  };
}

/** A series of dots. Many of them are small, so that they are drawn fast and don't hide each other. */
export function dots(stroke: string, count: number): uPlot.Series {
  return {
    stroke,
    paths: () => null,
    points: { show: true, size: count > 20_000 ? 2 : count > 2_000 ? 3 : 5, fill: stroke, width: 0, stroke },
  };
}

/** A scale of decades. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- uPlot's name for it is a const enum, which isolatedModules forbids
export const logarithmic = 3 as uPlot.Scale.Distr;

/** Room above a plot for the words at its lines and shades. */
export const headroom: uPlot.Padding = [22, 12, 0, 0];

/** A word above a plot, at a place of its x axis. */
export interface Label {
  readonly at: number;
  readonly text: string;
  readonly color: string;
}

/** Draws a vertical line. */
export function drawLine(plot: uPlot, at: number, stroke: string, dash: readonly number[] = []): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(at, 'x', true)) + 0.5;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** Shades a part of the axis of time; however short it is, it is seen. */
export function shade(
  plot: uPlot,
  { fromS, toS }: { readonly fromS: number; readonly toS: number },
  fill: string,
): void {
  const { ctx, bbox } = plot;
  const left = Math.max(bbox.left, plot.valToPos(fromS, 'x', true));
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(toS, 'x', true));
  if (right <= left) return;
  ctx.save();
  ctx.fillStyle = fill;
  ctx.fillRect(left, bbox.top, Math.max(right - left, devicePixelRatio), bbox.height);
  ctx.restore();
}

/** Writes the labels in that order, each only where there is room for it. */
export function writeLabels(plot: uPlot, labels: readonly Label[]): void {
  const { ctx, bbox } = plot;
  const taken: { readonly from: number; readonly to: number }[] = [];
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px ui-sans-serif, system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  for (const { at, text, color } of labels) {
    const from = Math.max(bbox.left, plot.valToPos(at, 'x', true)) + 3 * devicePixelRatio;
    const to = from + ctx.measureText(text).width + 4 * devicePixelRatio;
    if (to > bbox.left + bbox.width || taken.some((other) => from < other.to && to > other.from)) continue;
    taken.push({ from, to });
    ctx.fillStyle = color;
    ctx.fillText(text, from, bbox.top - 3 * devicePixelRatio);
  }
  ctx.restore();
}
