import { balanceLedger, type Ledger } from '../../analysis/ledger.ts';
import type { Boot } from '../../log/boot.ts';
import type { DeviceAck, DeviceEvent, Sent } from '../../log/device-event.ts';
import { DeviceEventReader } from '../../log/device-event-reader.ts';
import type { Datagram, SerialLine } from '../../record/events.ts';
import type { FirmwareProfile } from '../../record/profile.ts';
import type { RunRecord } from '../../record/read-run.ts';
import type { HostNs } from '../../time/clock.ts';
import type { Lane } from './report-data.ts';

/** One boot of the board, and the traffic of that time by the word of both witnesses. */
export interface Lifetime {
  readonly boot: Boot;
  /** What the board sent. */
  readonly datagrams: readonly Datagram[];
  readonly ledger: Ledger;
  readonly marks: readonly LaneMark[];
}

/** Something that is not as it should be, and when it showed. */
export interface LaneMark {
  readonly lane: Lane;
  readonly hostNs: HostNs;
}

export interface Lifetimes {
  readonly lifetimes: readonly Lifetime[];
  /** The console line that an event was read from. */
  readonly lineOf: ReadonlyMap<DeviceEvent, SerialLine>;
}

/** The board's lives in a run, windows or not: a report shows also what no claim was judged on. */
export function readLifetimes(record: RunRecord, { periodMs, log }: FirmwareProfile): Lifetimes {
  const reader = new DeviceEventReader(log);
  const lineOf = new Map<DeviceEvent, SerialLine>();
  for (const line of record.lines) {
    for (const event of reader.push(line)) lineOf.set(event, line);
  }
  const endNs = Math.max(
    0,
    ...[record.lines.at(-1)?.hostNs, record.datagrams.at(-1)?.stamp.hostNs].map((ns) => ns ?? 0),
  );
  const lifetimes = reader.boots.map((boot, at, boots): Lifetime => {
    const toNs = (boots[at + 1]?.fromNs ?? endNs + 1) as HostNs;
    return readLifetime(record, { boot, toNs, nominalPeriodMs: periodMs });
  });
  return { lifetimes, lineOf };
}

interface Life {
  readonly boot: Boot;
  readonly toNs: HostNs;
  readonly nominalPeriodMs: number;
}

function readLifetime(record: RunRecord, { boot, toNs, nominalPeriodMs }: Life): Lifetime {
  const address = record.header.arrivesFrom ?? boot.address;
  const window = { fromNs: boot.fromNs, toNs };
  const datagrams = record.datagrams.filter(
    ({ stamp, from }) => from.address === address && stamp.hostNs >= window.fromNs && stamp.hostNs < toNs,
  );
  const indices = new Set(datagrams.map(({ index }) => index));
  const acks = record.acks.filter(({ datagram }) => indices.has(datagram));
  const ledger = balanceLedger({
    sends: boot.events.filter((event): event is Sent => event.kind === 'sent'),
    deviceAcks: boot.events.filter((event): event is DeviceAck => event.kind === 'ack'),
    datagrams,
    serverAcks: acks,
    window,
    nominalPeriodMs,
  });
  const { uplink, downlink } = ledger;
  const withheld = new Set(
    acks.filter(({ outcome }) => outcome === 'withheld').map(({ datagram }) => datagram),
  );
  const marks: LaneMark[] = [
    ...uplink.lost.map(({ hostNs }) => mark('not-arrived', hostNs)),
    ...uplink.unreported.map(({ stamp }) => mark('not-reported', stamp.hostNs)),
    ...uplink.duplicates.map(({ stamp }) => mark('duplicate', stamp.hostNs)),
    ...datagrams
      .filter(({ index }) => withheld.has(index))
      .map(({ stamp }) => mark('withheld', stamp.hostNs)),
    ...downlink.lost.flatMap(({ hostNs }) => (hostNs === undefined ? [] : [mark('not-logged', hostNs)])),
    ...downlink.unsent.map(({ hostNs }) => mark('never-sent', hostNs)),
  ];
  return { boot, datagrams, ledger, marks };
}

function mark(lane: Lane, hostNs: HostNs): LaneMark {
  return { lane, hostNs };
}
