import type {
  Ack,
  BenchHealth,
  BoardStall,
  Datagram,
  Disturbance,
  Impairment,
  Probe,
  SerialLine,
  Window,
} from './events.ts';
import type { LogPatterns } from '../log/firmware-lines.ts';
import type { FirmwareIdentity } from './verdict.ts';

/** All that both witnesses told so far, in the order in which it came. */
export interface Witnesses {
  readonly lines: readonly SerialLine[];
  readonly datagrams: readonly Datagram[];
  readonly acks: readonly Ack[];
  /** What the bench itself did to datagrams and answers on their way. */
  readonly impairments: readonly Impairment[];
  readonly health: readonly BenchHealth[];
  /** When this host held the board up; absent for a board that doesn't tell. */
  readonly boardStalls?: readonly BoardStall[] | undefined;
  /** What a firmware that is a server was sent; absent for one that sends by itself. */
  readonly probes?: readonly Probe[];
}

/** Who was watched, and what it promises. */
export interface Subject {
  /** What the firmware under test is; the boot log must show it. */
  readonly firmware: FirmwareIdentity;
  /** The address that the board printed when it got it; absent when it has not (yet). */
  readonly boardAddress?: string;
  /** True when the board's processor is this host's own: then a host that is late makes a board that is late. */
  readonly sharesHost: boolean;
  /**
   * True when the board's ticks are this host's timer signals: those that it is too busy to deliver are lost, and all that follows is
   * later for good. So does ESP-IDF's linux target; a virtual board and an emulator catch up.
   */
  readonly losesTicks?: boolean;
  /** Promised time between two sends. */
  readonly nominalPeriodMs: number;
  /** The lines of a firmware that is not ours; absent for our client. */
  readonly logPatterns?: LogPatterns;
  /** Its datagrams end with their number: what was sent can be matched with what arrived exactly. */
  readonly numbered?: boolean;
  /** How sure a decision about the firmware has to be, 0 to 1: it is wrong with the probability 1 − `confidence` at most. */
  readonly confidence: number;
}

/**
 * The slice of a run that claims are judged on: what both witnesses saw in one window. It is plain data, and comes from a
 * bench or from a recorded run alike.
 */
export interface Evidence extends Witnesses, Subject {
  readonly window: Window;
}

/** What happened when the bench had disturbed the board. */
export interface Recovery {
  readonly disturbance: Disturbance;
  /** From the disturbance's begin until the board was seen to have recovered. */
  readonly evidence: Evidence;
}

/** The part of what the witnesses told that belongs to a window. */
export function evidenceOf(
  window: Window,
  { lines, datagrams, acks, impairments, health, boardStalls, probes }: Witnesses,
  subject: Subject,
): Evidence {
  const { fromNs, toNs } = window.span;
  const within = (hostNs: number) => hostNs >= fromNs && hostNs <= toNs;
  const heard = datagrams.filter(({ stamp }) => within(stamp.hostNs));
  const indices = new Set(heard.map(({ index }) => index));
  return {
    ...subject,
    window,
    lines: lines.filter(({ hostNs }) => within(hostNs)),
    datagrams: heard,
    acks: acks.filter(({ datagram }) => indices.has(datagram)),
    impairments: impairments.filter(({ hostNs }) => within(hostNs)),
    health: health.filter(({ hostNs }) => within(hostNs)),
    ...(boardStalls && {
      boardStalls: boardStalls.filter((stall) => stall.toNs >= fromNs && stall.fromNs <= toNs),
    }),
    ...(probes && { probes: probes.filter(({ hostNs }) => within(hostNs)) }),
  };
}
