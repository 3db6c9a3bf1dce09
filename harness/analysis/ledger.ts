import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { Ack, Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { accountFor, settle, within, type Account, type AccountSpan } from './account.ts';
import { alignClocks, toHostNs, type ClockAlignment, type ClockPair } from './clock-alignment.ts';
import { floorLine } from './lower-hull.ts';
import { matchInOrder, type Matches } from './match-in-order.ts';
import { largest, median } from './statistics.ts';

/** What both witnesses saw of one boot. All four lists may reach beyond the window; they should, a second or so. */
export interface LedgerInput {
  /** The device's log. */
  readonly sends: readonly Sent[];
  readonly deviceAcks: readonly DeviceAck[];
  /** What the server saw of this device, and what it answered. */
  readonly datagrams: readonly Datagram[];
  readonly serverAcks: readonly Ack[];
  /** What to account for. */
  readonly window: Span;
  /**
   * While both witnesses were listening; by default the window. What finds no counterpart within a second of either end
   * is unresolved, not lost: the counterpart may lie outside.
   */
  readonly evidence?: Span;
  readonly nominalPeriodMs: number;
}

interface Span {
  readonly fromNs: HostNs;
  readonly toNs: HostNs;
}

/** The accounts of one window. They close: sent = matched + lost + unresolved, and so on. */
export interface Ledger {
  /** Absent when the traffic doesn't tell how the clocks stand to each other. */
  readonly alignment?: ClockAlignment;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
}

/** From the device to the server. */
export interface Uplink extends Account {
  /** The device says it sent these; the network never saw them. Lost on the way, or never sent. */
  readonly lost: readonly Sent[];
  /** Came right after a datagram with the same payload that is accounted for. */
  readonly duplicates: readonly Datagram[];
  /** Arrived, though the device never said that it sent them. */
  readonly unreported: readonly Datagram[];
  /** Arrived, and their lines are missing in a log that counts on: lines that were lost on the UART. */
  readonly unloggedCount: number;
}

/** From the server to the device. */
export interface Downlink extends Account {
  /** The server sent these; the device never logged them. */
  readonly lost: readonly Ack[];
  /** The device logged these; the server never sent them. */
  readonly unsent: readonly DeviceAck[];
}

/** What takes longer than this is lost; what finds no counterpart so near to an end of the evidence is unresolved. */
const MAX_DELAY_MS = 1000;

/** Accounts for every datagram and every ack by the word of both witnesses. */
export function balanceLedger(input: LedgerInput): Ledger {
  const { window, evidence = window, nominalPeriodMs: periodMs } = input;
  const sends = input.sends.toSorted((a, b) => a.atUs - b.atUs);
  const deviceAcks = input.deviceAcks.toSorted((a, b) => a.atUs - b.atUs);
  const datagrams = input.datagrams.toSorted((a, b) => a.stamp.hostNs - b.stamp.hostNs);
  const serverAcks = departed(input.serverAcks);

  // Every time from here on is the host's, in milliseconds since the evidence began.
  const sinceMs = (hostNs: HostNs) => (hostNs - evidence.fromNs) / 1e6;
  const arrivalsMs = datagrams.map(({ stamp }) => sinceMs(stamp.hostNs));
  const departuresMs = serverAcks.map(({ hostNs }) => sinceMs(hostNs));
  const expectedMs = expectArrivals({ sends, deviceAcks, arrivalsMs, periodMs, sinceMs });
  const options = { periodMs, maxDelayMs: MAX_DELAY_MS };
  const up = matchInOrder(sends.map(expectedMs), arrivalsMs, options);
  const down = matchInOrder(departuresMs, deviceAcks.map(expectedMs), options);

  const alignment = alignClocks(
    up.pairs.flatMap(({ sent, received }) => clockPair(sends[sent], datagrams[received]?.stamp.hostNs)),
    down.pairs.flatMap(({ sent, received }) => clockPair(deviceAcks[received], serverAcks[sent]?.hostNs)),
    largest(datagrams.map(({ stamp }) => stamp.boundUs)) ?? 0,
  );
  const deviceMs = (event: Sent | DeviceAck) =>
    alignment === undefined ? expectedMs(event) : sinceMs(toHostNs(alignment, event.atUs));
  const span: AccountSpan = {
    fromMs: sinceMs(window.fromNs),
    toMs: sinceMs(window.toNs),
    resolvedFromMs: MAX_DELAY_MS,
    resolvedToMs: sinceMs(evidence.toNs) - MAX_DELAY_MS,
    delaysKnown: alignment?.boundUs !== undefined,
  };
  const sentMs = sends.map(deviceMs);
  const uplink = accountFor(up, { sentMs, receivedMs: arrivalsMs, span });
  const explained = explainArrivals(up, { sends, sentMs, datagrams, arrivalsMs, periodMs });
  const unreported = settle(explained.unreported, arrivalsMs, span);
  const loggedMs = deviceAcks.map(deviceMs);
  const downlink = accountFor(down, { sentMs: departuresMs, receivedMs: loggedMs, span });
  const unsent = settle(down.unmatchedReceived, loggedMs, span);
  return {
    ...(alignment && { alignment }),
    uplink: {
      ...uplink.account,
      lost: pick(sends, uplink.lost),
      duplicates: pick(datagrams, within(explained.duplicates, arrivalsMs, span)),
      unloggedCount: within(explained.unlogged, arrivalsMs, span).length,
      unreported: pick(datagrams, unreported.settled),
      unresolvedCount: uplink.account.unresolvedCount + unreported.unresolvedCount,
    },
    downlink: {
      ...downlink.account,
      lost: pick(serverAcks, downlink.lost),
      unsent: pick(deviceAcks, unsent.settled),
      unresolvedCount: downlink.account.unresolvedCount + unsent.unresolvedCount,
    },
  };
}

interface ExpectInput {
  readonly sends: readonly Sent[];
  readonly deviceAcks: readonly DeviceAck[];
  readonly arrivalsMs: readonly number[];
  readonly periodMs: number;
  readonly sinceMs: (hostNs: HostNs) => number;
}

/**
 * When what the device did would be seen by the host, before the clocks are aligned. A line is read after what it tells
 * of, never before, and by how much is found from the arrivals: each is the latest one when its line is read.
 */
function expectArrivals(input: ExpectInput): (event: Sent | DeviceAck) => number {
  const { sends, deviceAcks, arrivalsMs, periodMs, sinceMs } = input;
  const originUs = sends[0]?.atUs ?? deviceAcks[0]?.atUs ?? 0;
  const points = [...sends, ...deviceAcks]
    .map(({ atUs, hostNs }) => ({ x: (atUs - originUs) / 1e3, y: sinceMs(hostNs) }))
    .sort((a, b) => a.x - b.x);
  // One line alone tells the offset; that the clocks run alike is near enough for it.
  const line = floorLine(points) ?? { slope: 1, intercept: (points[0]?.y ?? 0) - (points[0]?.x ?? 0) };
  const readMs = ({ atUs }: Sent | DeviceAck) => line.intercept + (line.slope * (atUs - originUs)) / 1e3;
  let next = 0;
  const leads = sends.flatMap((sent) => {
    // A quarter of a period more, for arrivals that are later than their line.
    while ((arrivalsMs[next] ?? Infinity) <= readMs(sent) + periodMs / 4) next += 1;
    const arrivedMs = arrivalsMs[next - 1];
    return arrivedMs === undefined ? [] : [readMs(sent) - arrivedMs];
  });
  const leadMs = median(leads) ?? 0;
  return (event) => readMs(event) - leadMs;
}

interface ExplainInput {
  readonly sends: readonly Sent[];
  readonly sentMs: readonly number[];
  readonly datagrams: readonly Datagram[];
  readonly arrivalsMs: readonly number[];
  readonly periodMs: number;
}

interface Explained {
  readonly duplicates: readonly number[];
  readonly unlogged: readonly number[];
  readonly unreported: readonly number[];
}

/** Why there are arrivals that no line of the device tells of. */
function explainArrivals(matches: Matches, input: ExplainInput): Explained {
  const { sends, sentMs, datagrams, arrivalsMs, periodMs } = input;
  const matched = new Set(matches.pairs.map(({ received }) => received));
  const explained = { duplicates: [] as number[], unlogged: [] as number[], unreported: [] as number[] };
  const missingLines = new Map<number, number>();
  for (const i of matches.unmatchedReceived) {
    const atMs = arrivalsMs[i] ?? 0;
    const after = sentMs.findIndex((sent) => sent > atMs);
    const skipped = (sends[after]?.seq ?? 0) - (sends[after - 1]?.seq ?? Infinity) - 1;
    const lines = missingLines.get(after) ?? skipped;
    if (lines > 0) {
      missingLines.set(after, lines - 1);
      explained.unlogged.push(i);
    } else if (
      [i - 1, i + 1].some(
        (j) =>
          matched.has(j) &&
          Math.abs((arrivalsMs[j] ?? Infinity) - atMs) < periodMs / 2 &&
          datagrams[j]?.length === datagrams[i]?.length &&
          datagrams[j]?.payloadHex === datagrams[i]?.payloadHex,
      )
    ) {
      explained.duplicates.push(i);
    } else {
      explained.unreported.push(i);
    }
  }
  return explained;
}

type DepartedAck = Ack & { readonly hostNs: HostNs };

function departed(acks: readonly Ack[]): DepartedAck[] {
  return acks
    .filter((ack): ack is DepartedAck => ack.outcome === 'sent' && ack.hostNs !== undefined)
    .sort((a, b) => a.hostNs - b.hostNs);
}

function clockPair(event: Sent | DeviceAck | undefined, hostNs: HostNs | undefined): ClockPair[] {
  return event === undefined || hostNs === undefined ? [] : [{ deviceUs: event.atUs, hostNs }];
}

function pick<T>(items: readonly T[], indices: readonly number[]): T[] {
  return indices.flatMap((i) => items[i] ?? []);
}
