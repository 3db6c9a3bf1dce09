import { atMost } from '../analysis/bound.ts';
import { quantile } from '../analysis/statistics.ts';
import { watchServer } from './arrivals.ts';
import { whileBusy } from './busy.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';
import { startPlainServer } from './plain-server.ts';
import { startPythonServer } from './python-server.ts';

const pings = 50;
const periodUs = 100_000;
const busyPings = 500;
const busyPeriodUs = 10_000;

/** Round trips seen by a C client: our server beside a C echo, plain dgram and Python's socketserver, all at once. */
export const ackLatency: Experiment = {
  number: 2,
  title: 'ack round trips beside plain servers',
  async measure({ peer, port, scratch }) {
    await using _ours = await watchServer(port);
    await using _echo = await peer.start('echo', [port + 1]);
    await using _plain = await startPlainServer(port + 2);
    await using python = await startPythonServer(port + 3, scratch);
    const ask = (count: number, everyUs: number) =>
      Promise.all([0, 1, 2, 3].map((at) => pingUs(peer, port + at, count, everyUs)));
    const idle = figures(await ask(pings, periodUs));
    const busy = figures(await whileBusy(ask(busyPings, busyPeriodUs)));
    const missing = python === undefined ? { why: 'Python is not at hand' } : undefined;
    return [
      ratio('idle, 10 a second, p50: ours over plain dgram', idle.ours.p50, idle.plain.p50, 0.7),
      ...(missing
        ? [{ what: 'idle, p50: ours over Python’s socketserver', unit: '', ...missing }]
        : [ratio('idle, p50: ours over Python’s socketserver', idle.ours.p50, idle.python.p50, 1)]),
      us('idle, p50: ours', idle.ours.p50),
      us('idle, p50: C echo', idle.echo.p50),
      us('idle, p50: plain dgram', idle.plain.p50),
      ...(missing ? [] : [us('idle, p50: socketserver', idle.python.p50)]),
      ratio('runner busy, p50: ours over C echo', busy.ours.p50, busy.echo.p50, 2),
      ratio('runner busy, p99: ours over C echo', busy.ours.p99, busy.echo.p99, 4),
      us('runner busy, p50: ours', busy.ours.p50),
      us('runner busy, p99: ours', busy.ours.p99),
      us('runner busy, p99: plain dgram', busy.plain.p99),
    ];
  },
};

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

function figures([ours = [], echo = [], plain = [], python = []]: readonly (readonly number[])[]) {
  const of = (rttsUs: readonly number[]): Percentiles => ({
    p50: quantile(rttsUs, 0.5) ?? NaN,
    p99: quantile(rttsUs, 0.99) ?? NaN,
  });
  return { ours: of(ours), echo: of(echo), plain: of(plain), python: of(python) };
}

async function pingUs(
  peer: ExperimentContext['peer'],
  port: number,
  count: number,
  everyUs: number,
): Promise<number[]> {
  const rttsNs = await peer.numbers('ping', port, count, everyUs);
  return rttsNs.filter((ns) => ns >= 0).map((ns) => ns / 1e3);
}

function ratio(what: string, a: number, b: number, most: number): Sample {
  return { what, value: a / b, unit: '×', aim: atMost(most, { unit: '×', origin: 'side by side' }) };
}

function us(what: string, value: number): Sample {
  return { what, value, unit: 'µs' };
}
