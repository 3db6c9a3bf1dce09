/** The thread of the ack server: owns the socket and the journal, does what {@link AckServerFunctions} say. */
import { answerCalls, type ThreadFunctions } from '../process/thread-calls.ts';
import { watchLoop } from '../process/loop-health.ts';
import { threadData } from '../process/thread.ts';
import { describeError, type PortableError } from '../errors.ts';
import type {
  Ack,
  BenchHealth,
  Datagram,
  Endpoint,
  Impairment,
  Probe,
  ServerState,
  Stamp,
} from '../record/events.ts';
import { hostNow } from '../time/clock.ts';
import { openDatagramSocket, type DatagramSocket } from './datagram-socket.ts';
import { EventJournal } from './event-journal.ts';
import { ImpairedLink } from './impaired-link.ts';
import type { ImpairmentPlan } from './impairment-plan.ts';
import { Prober, type ProbeSchedule } from './prober.ts';
import { Responder } from './responder.ts';

/** What the server tells about its datagrams. */
export type AckServerEvent = Datagram | Ack | Impairment | Probe | ServerState;

export interface AckServerData {
  readonly at: Endpoint;
  readonly eventsFile: string | undefined;
  readonly keepPayloadBytes: number;
  /** False: datagrams are stamped and recorded only. */
  readonly answers: boolean;
  readonly echoNumbers: boolean;
  readonly stampSource: Stamp['source'];
}

export interface Listening {
  readonly address: Endpoint;
  readonly receiveBufferBytes: number;
  readonly stampSource: Stamp['source'];
}

/** What the main thread may ask for. */
export interface AckServerFunctions extends ThreadFunctions {
  start(): Promise<Listening>;
  stop(): Promise<void>;
  withhold(count: number): void;
  /** Impairs the path to the board; without a plan, clears it. */
  impair(plan?: ImpairmentPlan): void;
  probe(schedule: ProbeSchedule): void;
  health(): BenchHealth;
  /** Writes events to another file from now on. */
  recordTo(file: string): void;
}

/** What the main thread is told. */
export interface AckServerListener {
  events(events: readonly (AckServerEvent | BenchHealth)[]): void;
  /** What was to be impaired was; its events were told before. */
  impairmentEnded(): void;
  failed(error: PortableError): void;
}

const healthPeriodMs = 1000;

const data = threadData() as AckServerData;
const functions: AckServerFunctions = { start, stop, withhold, impair, probe, health, recordTo, close };
const main = answerCalls<AckServerListener>(functions);

const journal = new EventJournal<AckServerEvent | BenchHealth>(
  data.eventsFile,
  (events) => void main.events.asEvent(events),
  fail,
);
const responder = new Responder({
  answers: data.answers,
  keepPayloadBytes: data.keepPayloadBytes,
  echoNumbers: data.echoNumbers,
  record: (event) => journal.record(event),
});
const prober = new Prober({
  send: (payload, to, done) => socket?.send(payload, to, done),
  record: (event) => journal.record(event),
});
const loop = watchLoop('server');
const healthTimer = setInterval(() => journal.record(health()), healthPeriodMs);

let at = data.at;
let socket: DatagramSocket | undefined;
let link: ImpairedLink | undefined;
/** Drops of the sockets that were closed before. */
let earlierDrops: number | undefined = 0;

async function start(): Promise<Listening> {
  if (socket === undefined) {
    const opened = await openDatagramSocket({
      at,
      stampSource: data.stampSource,
      onDatagram: (datagram) => {
        if (link === undefined) responder.respond(datagram, opened.send);
        else link.carry(datagram, opened.send);
      },
      onError: fail,
    });
    socket = opened;
    at = opened.address;
    journal.record({ kind: 'server-state', hostNs: opened.openNs, state: 'listening', at });
    journal.flush();
  }
  const { address, receiveBufferBytes, stampSource } = socket;
  return { address, receiveBufferBytes, stampSource };
}

async function stop(): Promise<void> {
  if (socket === undefined) return;
  impair();
  const closing = socket;
  socket = undefined;
  prober[Symbol.dispose]();
  earlierDrops = add(earlierDrops, closing.countDrops());
  const hostNs = hostNow();
  await closing.close();
  journal.record({ kind: 'server-state', hostNs, state: 'stopped', at });
  journal.flush();
}

/** Begins to send what the schedule says, from the socket that listens. */
function probe(schedule: ProbeSchedule): void {
  prober.start(schedule);
}

function withhold(count: number): void {
  responder.withhold(count);
}

function impair(plan?: ImpairmentPlan): void {
  link?.[Symbol.dispose]();
  link =
    plan &&
    new ImpairedLink({
      plan,
      responder,
      record: (event) => journal.record(event),
      onEnd: () => {
        link = undefined;
        journal.flush();
        void main.impairmentEnded.asEvent();
      },
    });
}

function health(): BenchHealth {
  const droppedByHost = socket ? add(earlierDrops, socket.countDrops()) : earlierDrops;
  return { ...loop.look(), thread: 'server', ...(droppedByHost !== undefined && { droppedByHost }) };
}

function recordTo(file: string): void {
  journal.switchTo(file);
}

/** A sum is unknown if a part of it is. */
function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

async function close(): Promise<void> {
  clearInterval(healthTimer);
  if (socket) journal.record(health());
  await stop();
  loop[Symbol.dispose]();
  journal[Symbol.dispose]();
}

function fail(error: Error): void {
  void main.failed.asEvent(describeError(error));
}
