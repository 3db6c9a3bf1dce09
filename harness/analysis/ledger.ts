import type { DeviceAck, Sent } from '../log/device-event.ts';
import type { Ack, Datagram } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { accountFor, settle, within, type Account, type AccountSpan } from './account.ts';
import { arrivedNs } from './arrived.ts';
import { alignClocks, toHostNs, type ClockAlignment, type ClockPair } from './clock-alignment.ts';
import { expectArrivals } from './expect-arrivals.ts';
import { explainArrivals } from './explain-arrivals.ts';
import { matchByNumber } from './match-by-number.ts';
import { matchInOrder, type Match, type Matches, type MatchOptions } from './match-in-order.ts';
import { payloadNumber } from './payload-number.ts';
import { largest } from './statistics.ts';

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
  /** Datagrams end with their number, and so do the answers: they are matched by it, and by their times only where it is damaged. */
  readonly numbered?: boolean;
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
  /** Sends of the window and their arrivals, as far as there is no doubt about them. */
  readonly certain: readonly { readonly sent: Sent; readonly datagram: Datagram }[];
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
  /** Acks of the window and what the device logged of them, as far as there is no doubt about them. */
  readonly certain: readonly { readonly ack: Ack; readonly logged: DeviceAck }[];
  /** The server sent these; the device never logged them. */
  readonly lost: readonly Ack[];
  /** Logged right after an ack that is accounted for: the device got, or says it got, the same one twice. */
  readonly duplicates: readonly DeviceAck[];
  /** The device logged these; the server never sent them. */
  readonly unsent: readonly DeviceAck[];
}

/** What takes longer than this is lost; what finds no counterpart so near to an end of the evidence is unresolved. */
const MAX_DELAY_MS = 1000;

/** A double comes within this part of a period of the first one. */
const DOUBLE_SHARE = 4;

/** Accounts for every datagram and every ack by the word of both witnesses. */
export function balanceLedger(input: LedgerInput): Ledger {
  const { window, evidence = window, nominalPeriodMs: periodMs } = input;
  const sends = input.sends.toSorted((a, b) => a.atUs - b.atUs);
  const deviceAcks = input.deviceAcks.toSorted((a, b) => a.atUs - b.atUs);
  const datagrams = input.datagrams.toSorted((a, b) => arrivedNs(a) - arrivedNs(b));
  const serverAcks = departed(input.serverAcks);

  // Every time from here on is the host's, in milliseconds since the evidence began.
  const sinceMs = (hostNs: HostNs) => (hostNs - evidence.fromNs) / 1e6;
  const arrivalsMs = datagrams.map((datagram) => sinceMs(arrivedNs(datagram)));
  const departuresMs = serverAcks.map(({ hostNs }) => sinceMs(hostNs));
  const expectedMs = expectArrivals({ sends, deviceAcks, arrivalsMs, periodMs, sinceMs });
  const numbers = input.numbered ? numbersOf(sends, datagrams, serverAcks, deviceAcks) : undefined;
  const matchBy = (readMs: (event: Sent | DeviceAck) => number, earlyMs: number) => {
    const options = { periodMs, maxDelayMs: MAX_DELAY_MS, earlyMs };
    return {
      up: match(sends.map(readMs), arrivalsMs, options, numbers?.up),
      down: match(departuresMs, deviceAcks.map(readMs), options, numbers?.down),
    };
  };
  // Roughly at first, by when lines were read; that aligns the clocks; by these, exactly.
  const roughly = matchBy(expectedMs, periodMs / 4);
  const alignment = alignClocks(
    reliable(roughly.up).flatMap((match) => clockPair(sends[match.sent], arrival(datagrams[match.received]))),
    reliable(roughly.down).flatMap((match) =>
      clockPair(deviceAcks[match.received], serverAcks[match.sent]?.hostNs),
    ),
    largest(datagrams.map(({ stamp }) => stamp.boundUs)) ?? 0,
  );
  const deviceMs = (event: Sent | DeviceAck) =>
    alignment === undefined ? expectedMs(event) : sinceMs(toHostNs(alignment, event.atUs));
  const { up, down } =
    alignment?.boundUs === undefined ? roughly : matchBy(deviceMs, alignment.boundUs / 1e3);

  const span: AccountSpan = {
    fromMs: sinceMs(window.fromNs),
    toMs: sinceMs(window.toNs),
    resolvedFromMs: MAX_DELAY_MS,
    resolvedToMs: sinceMs(evidence.toNs) - MAX_DELAY_MS,
    delaysKnown: alignment?.boundUs !== undefined,
  };
  const sentMs = sends.map(deviceMs);
  const uplink = accountFor(up, { sentMs, receivedMs: arrivalsMs, span });
  const explained = explainArrivals(up, {
    sends,
    sentMs,
    datagrams,
    arrivalsMs,
    periodMs,
    numbered: numbers !== undefined,
  });
  const unreported = settle(explained.unreported, arrivalsMs, span);
  const loggedMs = deviceAcks.map(deviceMs);
  const downlink = accountFor(down, { sentMs: departuresMs, receivedMs: loggedMs, span });
  const { doubled, unknown } = explainAcks(down, loggedMs, periodMs, numbers?.down.received);
  const unsent = settle(unknown, loggedMs, span);
  return {
    ...(alignment && { alignment }),
    uplink: {
      ...uplink.account,
      certain: uplink.certain.flatMap(({ sent: from, received: to }) => {
        const [sent, datagram] = [sends[from], datagrams[to]];
        return sent === undefined || datagram === undefined ? [] : [{ sent, datagram }];
      }),
      lost: pick(sends, uplink.lost),
      duplicates: pick(datagrams, within(explained.duplicates, arrivalsMs, span)),
      unloggedCount: within(explained.unlogged, arrivalsMs, span).length,
      unreported: pick(datagrams, unreported.settled),
      unresolvedCount: uplink.account.unresolvedCount + unreported.unresolvedCount,
    },
    downlink: {
      ...downlink.account,
      certain: downlink.certain.flatMap(({ sent: from, received: to }) => {
        const [ack, logged] = [serverAcks[from], deviceAcks[to]];
        return ack === undefined || logged === undefined ? [] : [{ ack, logged }];
      }),
      lost: pick(serverAcks, downlink.lost),
      duplicates: pick(deviceAcks, within(doubled, loggedMs, span)),
      unsent: pick(deviceAcks, unsent.settled),
      unresolvedCount: downlink.account.unresolvedCount + unsent.unresolvedCount,
    },
  };
}

/** The numbers on both sides of each direction. */
interface Numbers {
  readonly sent: readonly (number | undefined)[];
  readonly received: readonly (number | undefined)[];
}

function numbersOf(
  sends: readonly Sent[],
  datagrams: readonly Datagram[],
  serverAcks: readonly Ack[],
  deviceAcks: readonly DeviceAck[],
): { readonly up: Numbers; readonly down: Numbers } {
  const ofDatagram = new Map(datagrams.map((datagram) => [datagram.index, payloadNumber(datagram)]));
  return {
    up: { sent: sends.map(({ seq }) => seq), received: datagrams.map(payloadNumber) },
    down: {
      sent: serverAcks.map(({ datagram }) => ofDatagram.get(datagram)),
      received: deviceAcks.map(({ number }) => number),
    },
  };
}

function match(
  expectedMs: readonly number[],
  receivedMs: readonly number[],
  options: MatchOptions,
  numbers: Numbers | undefined,
): Matches {
  if (numbers === undefined) return matchInOrder(expectedMs, receivedMs, options);
  return matchByNumber(numbers.sent, numbers.received, (sent, received) => {
    const rest = matchInOrder(pick(expectedMs, sent), pick(receivedMs, received), options);
    return {
      pairs: rest.pairs.map((pair) => ({
        ...pair,
        sent: sent[pair.sent] ?? NaN,
        received: received[pair.received] ?? NaN,
      })),
      unmatchedSent: pick(sent, rest.unmatchedSent),
      unmatchedReceived: pick(received, rest.unmatchedReceived),
    };
  });
}

/** Why the device logged acks that no ack of the server is the counterpart of: right after one that has one, it is its double. */
function explainAcks(
  { pairs, unmatchedReceived }: Matches,
  loggedMs: readonly number[],
  periodMs: number,
  numbers?: readonly (number | undefined)[],
): { readonly doubled: readonly number[]; readonly unknown: readonly number[] } {
  const matched = new Set(pairs.map(({ received }) => received));
  const numbersMatched = new Set([...matched].map((i) => numbers?.[i]));
  const isDouble = (i: number) => (numbers?.[i] === undefined ? isBeside(i) : numbersMatched.has(numbers[i]));
  const isBeside = (i: number) =>
    [i - 1, i + 1].some(
      (j) =>
        matched.has(j) && Math.abs((loggedMs[j] ?? Infinity) - (loggedMs[i] ?? 0)) < periodMs / DOUBLE_SHARE,
    );
  return {
    doubled: unmatchedReceived.filter(isDouble),
    unknown: unmatchedReceived.filter((i) => !isDouble(i)),
  };
}

function arrival(datagram: Datagram | undefined): HostNs | undefined {
  return datagram && arrivedNs(datagram);
}

/** Pairs without an alternative; all of them where nearly each has one, as with a device that sends twice. */
function reliable({ pairs }: Matches): readonly Match[] {
  const certain = pairs.filter((pair) => pair.certain);
  return 2 * certain.length > pairs.length ? certain : pairs;
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
