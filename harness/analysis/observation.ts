import { splitBoots, type Boot } from '../log/boot.ts';
import type {
  DeviceAck,
  DeviceEvent,
  PayloadDump,
  ReplyUnexpected,
  RomBoot,
  SchedulerStart,
  Sent,
} from '../log/device-event.ts';
import { readDeviceEvents } from '../log/device-event-reader.ts';
import type { Ack, Datagram, Impairment, SerialLine, Stamp, Window } from '../record/events.ts';
import type { Evidence } from '../record/evidence.ts';
import type { HostNs } from '../time/clock.ts';
import { analyseCadence, type Cadence } from './cadence.ts';
import { analyseDelayVariation, type DelayVariation } from './delay-variation.ts';
import { giveBackStalls, inMs } from './give-back.ts';
import { heldUpMs, hostLateness, type HostLateness } from './host-lateness.ts';
import { balanceLedger, type Ledger } from './ledger.ts';
import {
  analyseRoundTrips,
  analyseTurnaround,
  durationFigures,
  isLate,
  type DurationFigures,
  type RoundTrips,
} from './round-trip.ts';
import { bySender, type BySender } from './sender.ts';
import { arrivalTimeline, sendTimeline } from './timeline.ts';

/** On an idle host, whoever waits gets his turn within a scheduler's slice. */
const LEAST_TURN_MS = 5;

export interface SocketCounts {
  readonly created: number;
  readonly notCreated: number;
  readonly closed: number;
  readonly sendsFailed: number;
}

/** A round trip in its two parts. */
export interface SplitRoundTrip {
  /** When its datagram reached the server. */
  readonly arrivedNs: HostNs;
  /** All of it, on the device's clock. */
  readonly rttUs: number;
  /** Less the time from arrival to answer, on the host's. */
  readonly networkUs: number;
}

/** What both witnesses saw in one window of a run, and what follows from it. Everything is computed once, when asked. */
export class Observation {
  readonly evidence: Evidence;
  /** What the device said while it was recorded, around the window too. */
  readonly events: readonly DeviceEvent[];
  readonly boots: readonly Boot[];
  readonly #memo = new Map<string, unknown>();

  constructor(evidence: Evidence) {
    this.evidence = evidence;
    this.events = readDeviceEvents(evidence.lines, evidence.logPatterns);
    this.boots = splitBoots(this.events);
  }

  get window(): Window {
    return this.evidence.window;
  }

  /**
   * How often the console may have kept something back: its lines that hold what no log does, invalid UTF-8 or control characters,
   * and the datagrams that arrived when it had said its last word.
   */
  get consoleLosses(): number {
    return this.#once('consoleLosses', () => {
      const { lines, datagrams } = this.evidence;
      const saidNs = (lines.at(-1)?.hostNs ?? 0) + LOG_LAG_NS;
      const unsaid = datagrams.filter(({ stamp }) => stamp.hostNs > saidNs);
      return lines.filter(isDamaged).length + unsaid.length;
    });
  }

  /** Boots that the device told of within the window: of its ROM, or of the process that it is. */
  get starts(): readonly (RomBoot | SchedulerStart)[] {
    return [...this.#ofKind('rom-boot'), ...this.#ofKind('scheduler-start')].filter(({ hostNs }) =>
      this.#inWindow(hostNs),
    );
  }

  /** Datagrams of the window, by who sent them. */
  get senders(): BySender {
    return this.#once('senders', () =>
      bySender(
        this.evidence.datagrams.filter(({ stamp }) => this.#inWindow(stamp.hostNs)),
        this.evidence.boardAddress,
      ),
    );
  }

  /** Datagrams that the board sent in the window, in the order of their arrival. */
  get arrivals(): readonly Datagram[] {
    return this.senders.own;
  }

  /** What the bench itself did to datagrams and answers in the window. */
  get impairments(): readonly Impairment[] {
    return this.#once('impairments', () =>
      this.evidence.impairments.filter(({ hostNs }) => this.#inWindow(hostNs)),
    );
  }

  /**
   * When the board's datagrams reached this host. Those are among them that the bench then dropped; doubles that it made are not.
   */
  get reached(): readonly { readonly stamp: Stamp }[] {
    return this.#once('reached', () => {
      const onUplink = this.impairments.filter(({ direction }) => direction === 'uplink');
      const dropped = onUplink.flatMap(({ stamp }) => (stamp ? [{ stamp }] : []));
      const doubles = new Set(
        onUplink.flatMap(({ effect, datagram }) => (effect === 'duplicate' ? [datagram] : [])),
      );
      return [...this.arrivals.filter(({ index }) => !doubles.has(index)), ...dropped];
    });
  }

  /** How regularly the board's datagrams arrived. */
  get cadence(): Cadence {
    return this.#once('cadence', () =>
      analyseCadence(arrivalTimeline(this.reached, this.window), {
        nominalMs: this.evidence.nominalPeriodMs,
        confidence: this.evidence.confidence,
      }),
    );
  }

  /** The same, had this host not been held up: see `giveBackStalls`. */
  get cadenceGivenBack(): Cadence {
    return this.#once('cadenceGivenBack', () => {
      const { nominalPeriodMs: nominalMs, confidence } = this.evidence;
      const timeline = arrivalTimeline(this.arrivals, this.window);
      const { boardStalls, stalls = [], p99InWorstSecondMs = 0 } = this.hostLateness ?? {};
      const spans = inMs(boardStalls ?? stalls, this.arrivals[0]?.stamp.hostNs ?? 0);
      // Where the board itself noted its stalls, nobody else's turn has to be waited for.
      const turnMs = boardStalls ? LEAST_TURN_MS : Math.max(LEAST_TURN_MS, p99InWorstSecondMs);
      const atMs = giveBackStalls(timeline.atMs, { spans, turnMs }, nominalMs);
      return analyseCadence({ ...timeline, atMs }, { nominalMs, confidence });
    });
  }

  /** The same, by the stamps that the device took before its sends; on its own clock. */
  get deviceCadence(): Cadence {
    return this.#once('deviceCadence', () =>
      analyseCadence(sendTimeline(this.sends.filter(({ hostNs }) => this.#inWindow(hostNs))), {
        nominalMs: this.evidence.nominalPeriodMs,
        confidence: this.evidence.confidence,
      }),
    );
  }

  /** Sends that the device logged, payload dumps and acks: around the window too. */
  get sends(): readonly Sent[] {
    return this.#ofKind('sent');
  }
  get dumps(): readonly PayloadDump[] {
    return this.#ofKind('payload-dump');
  }
  get deviceAcks(): readonly DeviceAck[] {
    return this.#once('deviceAcks', () =>
      this.events.flatMap((event, at) => {
        if (event.kind !== 'ack') return [];
        // What an ack answers stands on the line after it.
        const next = this.events[at + 1];
        return [next?.kind === 'ack-number' ? { ...event, number: next.number } : event];
      }),
    );
  }

  /** What the device logged in the window about its sockets and the sends that failed. */
  get socketCounts(): SocketCounts {
    const count = (kind: DeviceEvent['kind']) =>
      this.#ofKind(kind).filter(({ hostNs }) => this.#inWindow(hostNs)).length;
    return {
      created: count('socket-created'),
      notCreated: count('socket-create-failed'),
      closed: count('socket-restarting'),
      sendsFailed: count('send-failed'),
    };
  }

  /** Free heap that the device logged in the window, in bytes. */
  get heapFreeBytes(): readonly number[] {
    return this.#ofKind('heap').flatMap(({ hostNs, freeBytes }) =>
      this.#inWindow(hostNs) ? [freeBytes] : [],
    );
  }

  /** Answers that the device logged in the window as none of its server's. */
  get unexpectedReplies(): readonly ReplyUnexpected[] {
    return this.#ofKind('reply-unexpected').filter(({ hostNs }) => this.#inWindow(hostNs));
  }

  /** Round trips that the device logged in the window. */
  get roundTrips(): RoundTrips {
    return this.#once('roundTrips', () =>
      analyseRoundTrips(
        this.sends.filter(({ hostNs }) => this.#inWindow(hostNs)),
        this.deviceAcks.filter(({ hostNs }) => this.#inWindow(hostNs)),
      ),
    );
  }

  /** Late acks of the window that this host made late: it held up the server, or a board that runs on it. */
  get acksMadeLate(): readonly DeviceAck[] {
    const { hostLateness } = this;
    if (hostLateness === undefined) return [];
    const periodNs = this.evidence.nominalPeriodMs * 1e6;
    const { stalls, boardStalls = [] } = hostLateness;
    return this.deviceAcks.filter(
      (ack) =>
        isLate(ack) &&
        this.#inWindow(ack.hostNs) &&
        // Late by a period, on a round trip that takes far less than half of it: the stall must be as long.
        heldUpMs([...stalls, ...boardStalls], {
          fromNs: (ack.hostNs - 2 * periodNs) as HostNs,
          toNs: ack.hostNs,
        }) >=
          this.evidence.nominalPeriodMs / 2,
    );
  }

  /** How long the server took to answer the datagrams of the window. */
  get turnaround(): DurationFigures {
    return this.#once('turnaround', () => analyseTurnaround(this.arrivals, this.evidence.acks));
  }

  /** Round trips of the window less the server's part in them: what the network and the device's own stack took. */
  get networkRoundTrips(): DurationFigures {
    return this.#once('networkRoundTrips', () =>
      durationFigures(this.splitRoundTrips.map(({ networkUs }) => networkUs)),
    );
  }

  /** The round trips of the window whose every part is known for sure, in order. */
  get splitRoundTrips(): readonly SplitRoundTrip[] {
    return this.#once('splitRoundTrips', () => {
      const arrivedNs = new Map(this.evidence.datagrams.map(({ index, stamp }) => [index, stamp.hostNs]));
      return this.ledger.downlink.certain.flatMap(({ ack, logged }) => {
        const fromNs = arrivedNs.get(ack.datagram);
        // With more than one send open, nobody knows what `rttUs` counts from.
        if (fromNs === undefined || ack.hostNs === undefined || logged.open !== 1) return [];
        const { rttUs } = logged;
        return [{ arrivedNs: fromNs, rttUs, networkUs: rttUs - (ack.hostNs - fromNs) / 1e3 }];
      });
    });
  }

  /** How the delay from device to server varied. */
  get delayVariation(): DelayVariation {
    return this.#once('delayVariation', () =>
      analyseDelayVariation(
        this.ledger.uplink.certain.map(({ sent, datagram }) => ({
          seq: sent.seq,
          sentUs: sent.atUs,
          arrivedUs: datagram.stamp.hostNs / 1e3,
        })),
      ),
    );
  }

  /** Both witnesses' accounts against each other. */
  get ledger(): Ledger {
    return this.#once('ledger', () => {
      const { datagrams, acks, window, nominalPeriodMs, boardAddress } = this.evidence;
      const own = datagrams.filter(({ from }) => from.address === boardAddress);
      const ownIndices = new Set(own.map(({ index }) => index));
      return balanceLedger({
        sends: this.sends,
        deviceAcks: this.deviceAcks,
        datagrams: own,
        serverAcks: acks.filter(({ datagram }) => ownIndices.has(datagram)),
        window,
        evidence: window.span,
        nominalPeriodMs,
        numbered: this.evidence.numbered ?? false,
      });
    });
  }

  /**
   * How late this host was; absent when nobody watched, and for a board with a processor of its own: that keeps its time,
   * and arrivals are stamped by the kernel, however busy the host is.
   */
  get hostLateness(): HostLateness | undefined {
    if (!this.evidence.sharesHost) return undefined;
    return this.#once('hostLateness', () => hostLateness(this.evidence, this.window));
  }

  /** Whether this host held up a board that loses its ticks meanwhile, so that its schedule says nothing about the firmware. */
  get hasLostTicks(): boolean {
    const { evidence, hostLateness } = this;
    if (evidence.losesTicks !== true || hostLateness === undefined) return false;
    const { boardStalls, stalls } = hostLateness;
    return (boardStalls ?? stalls).some(({ fromNs, toNs }) => toNs - fromNs >= TICK_NS);
  }

  /** Datagrams of the window that the server could not answer. */
  get failedAcks(): readonly Ack[] {
    const indices = new Set(this.arrivals.map(({ index }) => index));
    return this.evidence.acks.filter(
      ({ datagram, outcome }) => outcome === 'failed' && indices.has(datagram),
    );
  }

  /**
   * Datagrams that this host dropped while the window lasted, and since it was asked last before; absent where the system
   * doesn't tell.
   */
  get droppedByHost(): number | undefined {
    const asked = this.evidence.health.filter(({ droppedByHost }) => droppedByHost !== undefined);
    const before = asked.findLast(({ hostNs }) => hostNs <= this.window.fromNs);
    const total = asked.at(-1)?.droppedByHost;
    // Never asked before: it is counted from the server's start on.
    return total === undefined ? undefined : total - (before?.droppedByHost ?? 0);
  }

  #inWindow(hostNs: number): boolean {
    return hostNs >= this.window.fromNs && hostNs <= this.window.toNs;
  }

  #ofKind<Kind extends DeviceEvent['kind']>(kind: Kind): readonly Extract<DeviceEvent, { kind: Kind }>[] {
    return this.#once(`events ${kind}`, () =>
      this.events.filter((event): event is Extract<DeviceEvent, { kind: Kind }> => event.kind === kind),
    );
  }

  #once<T>(name: string, compute: () => T): T {
    if (!this.#memo.has(name)) this.#memo.set(name, compute());
    return this.#memo.get(name) as T;
  }
}

/** Of FreeRTOS, at ESP-IDF's default rate of 100 Hz; a stall is known to half of it. */
const TICK_NS = 5e6;

/** The log lags the network by its UART, and on a busy host by more. */
const LOG_LAG_NS = 500e6;

/** Colours begin with an escape character; tabs are text. */
// eslint-disable-next-line no-control-regex
const DAMAGE = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f\ufffd]/;

function isDamaged({ text, rawHex }: SerialLine): boolean {
  return rawHex !== undefined || DAMAGE.test(text);
}
