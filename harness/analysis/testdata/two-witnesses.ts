/** A device and a server that talk for a while, each with its own clock, and the truth about them. */
import type { DeviceAck, Sent } from '../../log/device-event.ts';
import type { Ack, Datagram } from '../../record/events.ts';
import type { DeviceUs, HostNs } from '../../time/clock.ts';
import type { LedgerInput } from '../ledger.ts';
import { delays, seededRandom, type Delay } from './trace.ts';

export interface TrafficOptions {
  readonly count: number;
  readonly periodMs?: number;
  readonly seed?: number;
  /** Host seconds per device second, less 1. */
  readonly skewPpm?: number;
  /** Device's clock at the host's 1,000 s. */
  readonly deviceStartUs?: number;
  /** Delay of a wake-up, of a datagram and of an ack on their way (after 20 µs), of a line on the UART. */
  readonly wakeUp?: Delay;
  readonly path?: Delay;
  readonly serialMs?: Delay;
  /** Sends whose datagram, or whose ack, is lost on the way; whose datagram arrives twice. */
  readonly lostUp?: readonly number[];
  readonly lostDown?: readonly number[];
  readonly doubled?: readonly number[];
  /** Datagrams and answers end with their number. */
  readonly numbered?: boolean;
  /** Sends whose ack reaches the device twice. */
  readonly doubledAcks?: readonly number[];
  /** Sends that the device makes without saying so, or claims without making them. */
  readonly unreported?: readonly number[];
  readonly claimed?: readonly number[];
  /** Acks that the device claims to have got, one after each of these sends. */
  readonly claimedAcks?: readonly number[];
}

export interface Traffic extends LedgerInput {
  /** Reads the device's clock on the host's, without error. */
  readonly trueHostNs: (deviceUs: DeviceUs) => number;
}

const START_NS = 1e12;

/** Every millisecond below is the host's, since the start. */
export function makeTraffic(options: TrafficOptions): Traffic {
  const { count, periodMs = 100, seed = 1, skewPpm = 0, deviceStartUs = 500_000 } = options;
  const { wakeUp = delays.none, path = delays.none, serialMs = uart } = options;
  const { lostUp = [], lostDown = [], doubled = [], unreported = [], claimed = [], claimedAcks = [] } = options;
  const { doubledAcks = [], numbered = false } = options;
  const random = seededRandom(seed);
  const rate = 1 + skewPpm / 1e6;
  const deviceUs = (ms: number) => Math.round(deviceStartUs + (ms * 1e3) / rate) as DeviceUs;
  const hostNs = (ms: number) => Math.round(START_NS + ms * 1e6) as HostNs;
  const onTheWayMs = () => 0.02 + path(random);

  const sends: Sent[] = [];
  const deviceAcks: DeviceAck[] = [];
  const datagrams: Datagram[] = [];
  const serverAcks: Ack[] = [];
  const arrive = (ms: number) => {
    const index = datagrams.length;
    datagrams.push({ ...datagramAt(index, hostNs(ms)), ...(numbered && numberedPayload(seq - 1)) });
    const departsMs = ms + 0.05;
    serverAcks.push({ kind: 'ack', datagram: index, outcome: 'sent', hostNs: hostNs(departsMs) });
    return departsMs;
  };
  const ack = (seq: number, ms: number, sentMs: number) => {
    const line = hostNs(ms + serialMs(random));
    const rttUs = Math.round((ms - sentMs) * 1e3);
    deviceAcks.push({ kind: 'ack', hostNs: line, seq, atUs: deviceUs(ms), rttUs, open: 1, ...(numbered && { number: seq }) });
  };
  let seq = 0;
  for (let send = 0; send < count; send++) {
    // Device and host count their periods each by its own clock: the device's is the one that it keeps.
    const sentMs = 50 + send * periodMs * rate + wakeUp(random);
    if (!unreported.includes(send)) {
      const line = hostNs(sentMs + serialMs(random));
      sends.push({ kind: 'sent', hostNs: line, seq: seq++, atUs: deviceUs(sentMs) });
    }
    if (claimedAcks.includes(send)) ack(seq - 1, sentMs + periodMs / 2, sentMs);
    if (lostUp.includes(send) || claimed.includes(send)) continue;
    const arrivesMs = sentMs + onTheWayMs();
    const departsMs = arrive(arrivesMs);
    const acksMs = lostDown.includes(send) ? [] : [departsMs + onTheWayMs()];
    if (doubledAcks.includes(send)) acksMs.push(...acksMs.map((ms) => ms + 0.1));
    for (const ms of acksMs) ack(seq - 1, ms, sentMs);
    if (doubled.includes(send)) ack(seq - 1, arrive(arrivesMs + 0.3) + onTheWayMs(), sentMs);
  }
  const window = { fromNs: hostNs(0), toNs: hostNs(50 + count * periodMs * rate) };
  return {
    sends,
    deviceAcks,
    datagrams,
    serverAcks,
    window,
    // Both witnesses went on listening.
    evidence: { fromNs: hostNs(-2000), toNs: hostNs(50 + count * periodMs * rate + 2000) },
    nominalPeriodMs: periodMs,
    trueHostNs: (atUs) => START_NS + (atUs - deviceStartUs) * 1e3 * rate,
  };
}

function numberedPayload(number: number): Pick<Datagram, 'length' | 'payloadHex'> {
  const payload = Buffer.from(`Hello from ESP32 #${number}`);
  return { length: payload.length, payloadHex: payload.toString('hex') };
}

function uart(random: () => number): number {
  return 5 + 10 * random();
}

export function datagramAt(index: number, hostNs: HostNs): Datagram {
  return {
    kind: 'datagram',
    index,
    stamp: { hostNs, source: 'kernel', boundUs: 1 },
    from: { address: '127.0.0.2', port: 50000 },
    length: 16,
    payloadHex: '48656c6c6f2066726f6d204553503332',
  };
}
