/**
 * What a report does in the browser: draws the plots and the log, and links them. Nothing here asks for anything outside
 * of the page, and nothing that a board said becomes markup: texts go in as text.
 */
import type uPlot from 'uplot';
import type { ReportData, RowKind } from '../report-data.ts';
import { showDetail } from './detail.ts';
import { plotIntervalHistogram, plotRoundTripHistogram } from './histograms.ts';
import { LogList } from './log-list.ts';
import { rowAt, unpack } from '../model.ts';
import { choosePalette, onPaletteChange } from './palette.ts';
import { plotIntervals, plotLosses, plotRoundTrips } from './time-plots.ts';

const model = unpack(JSON.parse(find('report-data').textContent) as ReportData);
const timePlots: uPlot[] = [];
const histograms: uPlot[] = [];
/** What the time plots show; absent: the whole run. */
let zoom: { readonly fromS: number; readonly toS: number } | undefined;
let isWhole = false;

const log = new LogList({ model, box: find('log'), onSelect: show });
showDetail(find('log-detail'), model, -1, pick);
drawPlots(false);
fillRanges();
wireControls();
performance.mark('report-ready');

function find(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Paper is as wide as that, in CSS pixels. */
const printWidth = 680;

function drawPlots(isPrinted: boolean): void {
  for (const plot of [...timePlots.splice(0), ...histograms.splice(0)]) plot.destroy();
  const palette = choosePalette(isPrinted);
  const setting = (host: HTMLElement) => ({
    palette,
    host,
    model,
    width: isPrinted ? printWidth : host.clientWidth,
  });
  const time = (id: string) => ({
    ...setting(find(id)),
    isWhole,
    selectedS,
    onPick: pickTime,
    onZoom: zoomTo,
    onZoomOut: zoomOut,
  });
  timePlots.push(
    plotIntervals(time('intervals')),
    plotRoundTrips(time('round-trips')),
    plotLosses(time('losses')),
  );
  histograms.push(
    plotIntervalHistogram(setting(find('interval-histogram'))),
    plotRoundTripHistogram(setting(find('round-trip-histogram'))),
  );
  applyZoom();
}

function applyZoom(): void {
  const { fromS, toS } = zoom ?? wholeRun();
  for (const plot of timePlots) plot.setScale('x', { min: fromS, max: toS });
}

function wholeRun(): { readonly fromS: number; readonly toS: number } {
  const toS = model.atS.at(-1) ?? 1;
  return { fromS: Math.min(model.atS[0] ?? 0, toS - 1e-3), toS };
}

function zoomTo(fromS: number, toS: number): void {
  zoom = { fromS, toS };
  find('range').dispatchEvent(new Event('zoomed'));
  applyZoom();
}

function zoomOut(): void {
  zoom = undefined;
  (find('range') as HTMLSelectElement).selectedIndex = 0;
  applyZoom();
}

function selectedS(): number | undefined {
  return log.selected < 0 ? undefined : model.atS[log.selected];
}

function show(row: number): void {
  showDetail(find('log-detail'), model, row, pick);
  for (const plot of timePlots) plot.redraw(false);
}

function pick(row: number): void {
  log.select(row);
}

function pickTime(atS: number): void {
  log.select(rowAt(model, atS));
}

/** The windows and disturbances of the run, to look at one by one, without a mouse. */
function fillRanges(): void {
  const select = find('range') as HTMLSelectElement;
  for (const { kind, name, fromUs, toUs } of model.data.spans) {
    const option = new Option(`${kind} ${name}`, `${fromUs} ${toUs}`);
    select.add(option);
  }
  select.addEventListener('zoomed', () => (select.selectedIndex = -1));
  select.addEventListener('change', () => {
    const [fromUs, toUs] = select.value.split(' ').map(Number);
    const aside = 0.2e6;
    zoom =
      fromUs === undefined || toUs === undefined || select.value === ''
        ? undefined
        : { fromS: Math.max(0, fromUs - aside) / 1e6, toS: (toUs + aside) / 1e6 };
    applyZoom();
    if (zoom) log.scrollTo(rowAt(model, (fromUs ?? 0) / 1e6));
  });
}

function wireControls(): void {
  const redraw = () => drawPlots(false);
  find('whole-scale').addEventListener('change', (event) => {
    isWhole = (event.target as HTMLInputElement).checked;
    redraw();
  });
  onPaletteChange(redraw);
  addEventListener('beforeprint', () => drawPlots(true));
  addEventListener('afterprint', redraw);
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth === width) return;
    width = innerWidth;
    redraw();
  });
  for (const button of document.querySelectorAll<HTMLElement>('[data-at-us]')) {
    button.addEventListener('click', () => {
      pickTime(Number(button.dataset['atUs']) / 1e6);
      find('log').focus();
      find('log-section').scrollIntoView();
    });
  }
  const filter = find('log-filter') as HTMLFormElement;
  const apply = () => {
    const given = new FormData(filter);
    const kinds = new Set(given.getAll('kind').flatMap((kinds) => (kinds as string).split('')) as RowKind[]);
    const text = given.get('text');
    log.filter(kinds, typeof text === 'string' ? text : '');
    find('log-count').textContent =
      `${log.shownCount.toLocaleString('en')} of ${model.count.toLocaleString('en')} lines`;
  };
  filter.addEventListener('input', apply);
  filter.addEventListener('submit', (event) => event.preventDefault());
  apply();
}
