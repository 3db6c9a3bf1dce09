import type { ReportData, RowKind } from './report-data.ts';

/** What the plots and the log of a report draw: used by the page and by what writes it. */
export interface Model {
  readonly data: ReportData;
  /** Rows of the log. */
  readonly count: number;
  /** Seconds since the run began, of each row. */
  readonly atS: Float64Array;
  /** Place in `data.datagrams` of the datagram that stands in a row; −1 for none. */
  readonly datagramAt: Int32Array;
  readonly intervals: Intervals;
  readonly roundTrips: { readonly atS: readonly number[]; readonly ms: readonly number[] };
}

/** Time from the datagram before to this one; absent (null) over a boot. One entry a datagram. */
export interface Intervals {
  readonly atS: readonly number[];
  readonly ms: readonly (number | null)[];
}

/** Unpacks a page's data. */
export function unpack(data: ReportData): Model {
  const { stepUs } = data.log;
  const atS = new Float64Array(stepUs.length);
  let us = 0;
  stepUs.forEach((step, row) => {
    us += step;
    atS[row] = us / 1e6;
  });
  const datagramAt = new Int32Array(stepUs.length).fill(-1);
  data.datagrams.row.forEach((row, place) => (datagramAt[row] = place));
  const { row, rttUs } = data.roundTrips;
  return {
    data,
    count: stepUs.length,
    atS,
    datagramAt,
    intervals: readIntervals(data, atS),
    roundTrips: { atS: row.map((at) => atS[at] ?? 0), ms: rttUs.map((rtt) => rtt / 1e3) },
  };
}

function readIntervals({ datagrams, bootsUs }: ReportData, rowAtS: Float64Array): Intervals {
  const atS = datagrams.row.map((row) => rowAtS[row] ?? 0);
  const boots = bootsUs.map((us) => us / 1e6);
  let boot = 0;
  const ms = atS.map((at, place) => {
    const before = atS[place - 1];
    let isFirst = before === undefined;
    while ((boots[boot] ?? Infinity) <= at) {
      boot += 1;
      isFirst = true;
    }
    return before === undefined || isFirst ? null : (at - before) * 1e3;
  });
  return { atS, ms };
}

export function kindOf({ data }: Model, row: number): RowKind {
  return data.log.kind[row] as RowKind;
}

/** The row of the datagram that a row belongs to: itself, or the one that a console line tells of; −1 for none. */
export function datagramRowOf({ data, datagramAt }: Model, row: number): number {
  if ((datagramAt[row] ?? -1) >= 0) return row;
  const step = data.log.link[row] ?? 0;
  return step === 0 ? -1 : row + step;
}

/** How far a line may stand from the datagram that it tells of, in rows. */
const reach = 400;

/** All rows that tell of the same datagram, in the order of time; only the row itself where nothing is known. */
export function groupOf(model: Model, row: number): number[] {
  const datagram = datagramRowOf(model, row);
  if (datagram < 0) return [row];
  const rows: number[] = [];
  for (let near = Math.max(0, datagram - reach); near < Math.min(model.count, datagram + reach); near += 1) {
    if (datagramRowOf(model, near) === datagram) rows.push(near);
  }
  return rows;
}

/** Intervals of the undisturbed window, where there was one; otherwise all. */
export function undisturbedMs({ data, intervals }: Model): {
  readonly ms: readonly number[];
  readonly isWindow: boolean;
} {
  const steady = data.spans.find(({ kind, name }) => kind === 'window' && name === 'steady');
  const isWithin = (atS: number) =>
    steady === undefined || (atS * 1e6 > steady.fromUs && atS * 1e6 <= steady.toUs);
  const ms = intervals.ms.filter(
    (each, at): each is number => each !== null && isWithin(intervals.atS[at] ?? 0),
  );
  return { ms, isWindow: steady !== undefined };
}

/** The row that is nearest in time; the first of them. */
export function rowAt({ atS }: Model, seconds: number): number {
  let [low, high] = [0, atS.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((atS[middle] ?? 0) < seconds) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [atS[low - 1] ?? -Infinity, atS[low] ?? Infinity];
  return seconds - before < after - seconds ? low - 1 : low;
}
