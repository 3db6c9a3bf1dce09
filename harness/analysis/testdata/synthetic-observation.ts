/** A run that never was, with known truth: what both witnesses would tell of it. */
import type { BenchHealth } from '../../record/events.ts';
import type { HostNs } from '../../time/clock.ts';
import { measureRun } from '../measure-run.ts';
import { Observation } from '../observation.ts';
import type { ComparableRun } from '../compare-runs.ts';
import type { Delay } from './trace.ts';
import { makeTraffic, type TrafficOptions } from './two-witnesses.ts';

export interface SyntheticOptions extends Partial<TrafficOptions> {
  /** A board with a processor of its own; default: it shares this host. */
  readonly ownProcessor?: boolean;
  /** Longest delay of the server's thread in each second; default: 0.8 ms. */
  readonly loopDelayMaxMs?: number;
}

const firmware = { dir: 'firmware', project: 'udp_client', version: '1', idfVersion: 'v6', target: 'esp32' };

/** 10 s of a client that is asked to send every 100 ms, and does so every `periodMs`. */
export function syntheticRun({ ownProcessor = false, loopDelayMaxMs = 0.8, ...options }: SyntheticOptions): ComparableRun {
  const traffic = makeTraffic({ count: 100, ...options });
  const { fromNs, toNs } = traffic.window;
  const line = (hostNs: HostNs, text: string) => ({
    kind: 'serial-line' as const,
    hostNs,
    text: `I (0) Client: ${text}`,
  });
  const lines = [
    ...traffic.sends.map(({ hostNs, seq, atUs }) => line(hostNs, `sent seq=${seq} at_us=${atUs}`)),
    ...traffic.deviceAcks.map(({ hostNs, seq, atUs, rttUs, open }) =>
      line(hostNs, `ack seq=${seq} at_us=${atUs} rtt_us=${rttUs} open=${open}`),
    ),
  ].sort((a, b) => a.hostNs - b.hostNs);
  const seconds = Math.ceil((toNs - fromNs) / 1e9);
  const health = Array.from({ length: seconds + 1 }, (_, second): BenchHealth => ({
    kind: 'bench-health',
    hostNs: (fromNs + second * 1e9) as HostNs,
    thread: 'server',
    loopDelayMaxMs,
    loopDelayP99Ms: loopDelayMaxMs,
    loopDelayP50Ms: 0.1,
    load1: 0.5,
    cores: 2,
  }));
  const steady = new Observation({
    firmware,
    boardAddress: '127.0.0.2',
    sharesHost: !ownProcessor,
    nominalPeriodMs: 100,
    confidence: 0.999,
    window: { kind: 'window', name: 'steady', fromNs, toNs, span: traffic.evidence ?? traffic.window },
    lines,
    datagrams: traffic.datagrams,
    acks: traffic.serverAcks,
    impairments: [],
    health,
  });
  return {
    subject: { project: 'udp_client', tier: ownProcessor ? 'board' : 'virtual', target: 'esp32', periodMs: 100 },
    figures: measureRun({
      id: `run-${options.seed ?? 1}`,
      startedAt: '2026-01-01T00:00:00Z',
      firmware,
      host: 'a host',
      lines,
      bootMs: 300,
      steady,
    }),
  };
}

/**
 * Delay on the way, each way: 60 µs, give or take, that drift over some sends, with a tail of one in twelve. So are those of a board
 * on a quiet host, in units of `scale`.
 *
 * @param drift - standard deviation of the drift, as a share of the delay
 */
export function driftingDelay(scale: number, drift = 0.07): Delay {
  const memory = 0.8;
  const step = drift * Math.sqrt(1 - memory ** 2);
  let state = 0;
  return (random) => {
    state = memory * state + step * gaussian(random);
    const tail = random() < 1 / 12 ? 3 * random() : 0;
    return scale * 0.06 * (Math.exp(state) + tail);
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
