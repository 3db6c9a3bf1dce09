import { ownProfile } from '../../bench/profile.ts';
import { readLifetimes } from './lifetimes.ts';
import { rowsOf } from './log-rows.ts';
import type { RunRecord } from '../../record/read-run.ts';
import type { ReportData, TimeSpan } from './report-data.ts';

/** Length of FreeRTOS' tick by ESP-IDF's default, CONFIG_FREERTOS_HZ=100. */
const tickMs = 10;

/** What the page draws of a run: pure, from the record alone. A field that a record lacks leaves its picture empty. */
export function collectData(record: RunRecord): ReportData {
  const { profile = ownProfile } = record.header;
  const sinceUs = (hostNs: number) => Math.round((hostNs - record.header.startedHostNs) / 1e3);
  const { lifetimes, lineOf } = readLifetimes(record, profile);
  const own = new Set(lifetimes.flatMap(({ datagrams }) => datagrams));
  const { rows, leftOut } = rowsOf(record, own);
  const rowOf = new Map<unknown, number>(rows.map(({ source }, row) => [source, row]));

  const acks = new Map(record.acks.map((ack) => [ack.datagram, ack]));
  const datagrams = record.datagrams.filter((datagram) => own.has(datagram) && rowOf.has(datagram));
  const rowOfIndex = new Map(datagrams.map((datagram) => [datagram.index, rowOf.get(datagram) ?? 0]));
  const link = rows.map(() => 0);
  const connect = (line: unknown, index: number): void => {
    const [from, to] = [rowOf.get(line), rowOfIndex.get(index)];
    if (from !== undefined && to !== undefined) link[from] = to - from;
  };
  for (const { ledger } of lifetimes) {
    for (const { sent, datagram } of ledger.uplink.certain) connect(lineOf.get(sent), datagram.index);
    for (const { ack, logged } of ledger.downlink.certain) connect(lineOf.get(logged), ack.datagram);
  }
  const roundTrips = lifetimes
    .flatMap(({ boot }) => boot.events)
    .flatMap((event) => {
      const row = event.kind === 'ack' && event.open === 1 ? rowOf.get(lineOf.get(event)) : undefined;
      return row === undefined || event.kind !== 'ack' ? [] : [{ row, rttUs: event.rttUs }];
    });

  const texts = new Map<string, number>();
  const text = rows.map((row) => {
    const known = texts.get(row.text) ?? texts.size;
    texts.set(row.text, known);
    return known;
  });
  return {
    nominalPeriodMs: profile.periodMs,
    tickMs,
    log: {
      stepUs: rows.map(
        ({ hostNs }, at) => sinceUs(hostNs) - (at === 0 ? 0 : sinceUs(rows[at - 1]?.hostNs ?? 0)),
      ),
      kind: rows.map(({ kind }) => kind).join(''),
      text,
      texts: [...texts.keys()],
      link,
      leftOut,
    },
    datagrams: {
      row: datagrams.map((datagram) => rowOf.get(datagram) ?? 0),
      index: datagrams.map(({ index }) => index),
      answer: datagrams.map(({ index, stamp }) => {
        const ack = acks.get(index);
        if (ack?.hostNs !== undefined) return Math.round((ack.hostNs - stamp.hostNs) / 100) / 10;
        return ack?.outcome ?? 'none';
      }),
      boundUs: datagrams.map(({ stamp }) => stamp.boundUs),
    },
    roundTrips: { row: roundTrips.map(({ row }) => row), rttUs: roundTrips.map(({ rttUs }) => rttUs) },
    marks: [
      ...lifetimes.flatMap(({ marks }) => marks),
      ...record.impairments.map(({ hostNs }) => ({ lane: 'impaired' as const, hostNs })),
    ]
      .map(({ lane, hostNs }) => ({ lane, atUs: sinceUs(hostNs) }))
      .sort((a, b) => a.atUs - b.atUs),
    spans: record.events.flatMap((event): TimeSpan[] =>
      event.kind === 'window' || event.kind === 'disturbance'
        ? [{ kind: event.kind, name: event.name, fromUs: sinceUs(event.fromNs), toUs: sinceUs(event.toNs) }]
        : [],
    ),
    bootsUs: lifetimes.map(({ boot }) => sinceUs(boot.fromNs)),
  };
}
