/**
 * What a run writes down, one JSON object a line. Every instant is the host's monotonic clock (`hostNs`);
 * the header pairs that clock once with wall time, for labels only. A field without a value is absent.
 */
import type { ErrorStory } from '../errors.ts';
import type { HostNs } from '../time/clock.ts';
import type { FirmwareProfile } from './profile.ts';
import type { Tier } from './tier.ts';
import type { FirmwareIdentity, RunError } from './verdict.ts';

/** One line on the board's console. Written by the serial thread (`serial.jsonl`). */
export interface SerialLine {
  readonly kind: 'serial-line';
  /** When the chunk with the line's last byte was read. */
  readonly hostNs: HostNs;
  /** The line without its end, decoded as UTF-8; invalid bytes stand as U+FFFD. */
  readonly text: string;
  /** The line's bytes in hex; present only when `text` can't be turned back into them. */
  readonly rawHex?: string;
  /**
   * True when the line was cut here: it was longer than the reader keeps (its rest is the next line), or the board was
   * reset or the port closed in the middle of it. Its last word may be half a word: no event can be read from it.
   */
  readonly truncated?: true;
}

/** How far away the console's server is. Written by the serial thread when the port was opened; absent for a port of this host. */
export interface SerialLink {
  readonly kind: 'serial-link';
  readonly hostNs: HostNs;
  /** To the server and back: half of it may be added to the stamp of each line. */
  readonly roundTripMs: number;
}

/**
 * The console's port was away, and came back: what the board said in between is lost. Happens only right after a reset by the
 * bench, on a board whose USB port is the chip's own; a port that goes at any other time ends the run.
 */
export interface SerialGap {
  readonly kind: 'serial-gap';
  readonly hostNs: HostNs;
  /** When the port went; `hostNs` is when it was open again. */
  readonly fromNs: HostNs;
  /** Where it came back: its path may be another one. */
  readonly path: string;
}

/** Where an instant comes from and how far from the truth it can be (compare RFC 4656 section 4.1.2, Error Estimate). */
export interface Stamp {
  readonly hostNs: HostNs;
  /** `kernel`: the receive stamp of the network stack; `handler`: our own clock when Node.js called us. */
  readonly source: 'kernel' | 'handler';
  /** The arrival lies within this many microseconds of `hostNs`. */
  readonly boundUs: number;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One datagram that arrived. Written by the server thread (`datagrams.jsonl`), as are {@link Ack}s. */
export interface Datagram {
  readonly kind: 'datagram';
  /** Counts the datagrams of one server from 0, over restarts too. */
  readonly index: number;
  readonly stamp: Stamp;
  /** When the server got it; absent unless an {@link Impairment} held it up on its way from the socket to the server. */
  readonly deliveredNs?: HostNs;
  readonly from: Endpoint;
  /** Length of the payload in bytes, 0 to 65507. */
  readonly length: number;
  /** The payload's first 256 bytes in hex. */
  readonly payloadHex: string;
}

/** What the server did about one datagram. */
export interface Ack {
  readonly kind: 'ack';
  /** `index` of the datagram that is answered. */
  readonly datagram: number;
  /** `withheld`: on request of a spec. `failed`: the system refused to send, see `error`. */
  readonly outcome: 'sent' | 'withheld' | 'failed';
  /** When the answer was handed to the network stack (or to an impaired way there); absent unless `sent`. */
  readonly hostNs?: HostNs;
  readonly error?: string;
}

/** What the bench's impairment of the network did to one datagram or answer on its way. Those that it let pass aren't told. */
export interface Impairment {
  readonly kind: 'impairment';
  /** When it was done. */
  readonly hostNs: HostNs;
  /** `uplink`: from the board to the server. */
  readonly direction: 'uplink' | 'downlink';
  /** `reorder`: delivered after the one that followed it. `corrupt`: one bit was flipped. */
  readonly effect: 'drop' | 'duplicate' | 'reorder' | 'corrupt' | 'delay';
  /**
   * `index` of the datagram, or of the one that the answer is for; of a duplicate that of the double. Absent for a datagram that
   * was dropped: the server never got it, and {@link Datagram} tells nothing of it.
   */
  readonly datagram?: number;
  /** Datagram dropped: when it had arrived, and its payload's first 256 bytes in hex. */
  readonly stamp?: Stamp;
  readonly payloadHex?: string;
  /** `delay`, `reorder`: how long it was held up. */
  readonly delayMs?: number;
  /** `corrupt`: which bit, counted from the least significant one of the first byte. Absent for an empty payload. */
  readonly bit?: number;
}

/** One datagram that the bench sent to a firmware that is a server. Written by the server thread. */
export interface Probe {
  readonly kind: 'probe';
  /** Counts the probes of a run from 0. */
  readonly index: number;
  /** Right before it was handed to the network stack. */
  readonly hostNs: HostNs;
  readonly to: Endpoint;
  /** In bytes. */
  readonly length: number;
  /** The whole payload. No two probes have the same. */
  readonly payloadHex: string;
  /** Why the system refused to send it; absent when it was sent. */
  readonly error?: string;
}

/** The server began or ceased to listen. */
export interface ServerState {
  readonly kind: 'server-state';
  readonly hostNs: HostNs;
  readonly state: 'listening' | 'stopped';
  readonly at: Endpoint;
}

/** What the bench did to the board or its surroundings, so that the judge knows what to expect. */
export interface BenchAction {
  readonly kind: 'bench-action';
  readonly hostNs: HostNs;
  readonly action:
    'reset' | 'server-stop' | 'server-start' | 'withhold-acks' | 'impair' | 'fault' | 'provision';
  readonly detail?: string;
}

/** From one instant to another, both included. */
export interface Span {
  readonly fromNs: HostNs;
  readonly toNs: HostNs;
}

/** The time during which claims watched the board. */
export interface Window extends Span {
  readonly kind: 'window';
  readonly name: string;
  /**
   * While both witnesses were recorded for what follows: it reaches beyond the window where it can, so that
   * what began within the window is seen to its end.
   */
  readonly span: Span;
  /** Why it ended before its time: a promise that was broken for certain. Absent when it was watched to its end. */
  readonly endedBy?: EndOfWindow;
}

/** The claim that a window showed to be broken, and what it found. */
export interface EndOfWindow {
  readonly claim: string;
  readonly finding: string;
}

/** The time during which the bench kept the board from its work. */
export interface Disturbance extends Span {
  readonly kind: 'disturbance';
  /** `server-restart`, `ack-silence`, `board-reset`, `network-outage`, a fault, or what the spec calls its impairment. */
  readonly name: string;
}

/** How well the instrument itself kept time over an interval. */
export interface BenchHealth {
  readonly kind: 'bench-health';
  readonly hostNs: HostNs;
  readonly thread: 'main' | 'server' | 'serial';
  /** Longest, 99th percentile and median delay of the thread's event loop since the last such record. */
  readonly loopDelayMaxMs: number;
  readonly loopDelayP99Ms: number;
  /** Absent in records made before it was measured. */
  readonly loopDelayP50Ms?: number;
  /** When the thread was held up: 3 ms or longer nothing ran in it. Absent when it was not, and in older records. */
  readonly stalls?: readonly Span[];
  /** Load average of the host over a minute, and its cores. */
  readonly load1: number;
  readonly cores: number;
  /**
   * `server` only: datagrams that reached this host and found the receive queue full, since the server started. Not the
   * firmware's fault. Absent where the system doesn't tell.
   */
  readonly droppedByHost?: number;
}

/**
 * This host held the board up: a wait of its program ended so late, or its program was ready and got no processor. Written by the
 * program itself (`stalls.jsonl`), which is never held up by what it does of its own accord; 1 ms or longer.
 */
export interface BoardStall extends Span {
  readonly kind: 'board-stall';
}

/** A stage of the run began or ended. */
export interface StageMark {
  readonly kind: 'stage';
  readonly hostNs: HostNs;
  readonly stage: 'build' | 'flash' | 'boot' | 'observe';
  readonly state: 'begun' | 'done' | 'failed';
  readonly detail?: string;
}

/** Something went wrong, and when. */
export interface ErrorMark extends RunError {
  readonly kind: 'error';
  readonly hostNs: HostNs;
  /** The parts that `message` was put together from; absent for a defect of the harness. */
  readonly story?: ErrorStory;
}

/** What the main process writes to `events.jsonl`. */
export type RunEvent = StageMark | BenchAction | Window | Disturbance | BenchHealth | ErrorMark;

/** `run.json`: what was asked for, where, and with what. */
export interface RunHeader {
  readonly schema: 1;
  readonly id: string;
  /** Wall time (ISO 8601) and monotonic clock of one and the same moment: the start of the run. */
  readonly startedAt: string;
  readonly startedHostNs: HostNs;
  readonly tier: Tier;
  readonly board: string;
  readonly realBoard: boolean;
  /** Faults that could be asked of the board; absent: none. */
  readonly faults?: readonly string[];
  /** Address that the board's datagrams arrive from; absent where that is the one it prints. */
  readonly arrivesFrom?: string;
  /** What was known of the firmware; absent in records made before there were others than ours. */
  readonly profile?: FirmwareProfile;
  /** The effective configuration. Holds no secret. */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Versions of the harness, Node.js and the operating system, and the host's processor, which older records lack. */
  readonly versions: Readonly<Record<string, string>>;
  /** Absent until the build is known. */
  readonly firmware?: FirmwareIdentity;
}
