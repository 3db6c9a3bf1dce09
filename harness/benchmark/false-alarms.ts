import { join } from 'node:path';
import { exactly } from '../analysis/bound.ts';
import { EarlyVerdict } from '../analysis/early-verdict.ts';
import { buildForHost } from '../build/host-build.ts';
import { startProgram } from '../process/start-program.ts';
import type { BenchHealth, Datagram } from '../record/events.ts';
import { startAckServer } from '../udp/ack-server.ts';
import { judgeCadence, observeArrivals, type CadenceVerdict } from './cadence-claims.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';

/** 1,000 runs, a third of them with both cores busy. */
const boardsAtOnce = 50;
const rounds = 21;
const busyEvery = 3;
const watchedMs = 10_000;
const bootMs = 2_000;

/** How often a healthy client is called broken: the real one, built for this host, on boards of their own addresses. */
export const falseAlarms: Experiment = {
  number: 10,
  title: 'false alarms of the cadence claims on healthy virtual boards, a third with both cores busy',
  // It repeats 1,050 times within itself.
  repeats: 1,
  async measure(context) {
    const { buildDir } = await buildForHost({
      firmwareDir: join(context.root, 'firmware'),
      buildDir: join(context.scratch, 'firmware'),
      config: { EXAMPLE_IPV4_ADDR: '127.0.0.1', EXAMPLE_PORT: context.port },
    });
    const quiet: CadenceVerdict[] = [];
    const busy: CadenceVerdict[] = [];
    for (let round = 0; round < rounds; round++) {
      const isBusy = round % busyEvery === busyEvery - 1;
      const verdicts = await watchBoards(context, buildDir.appElfPath, { round, isBusy });
      (isBusy ? busy : quiet).push(...verdicts);
    }
    return [...tally('nothing of ours beside', quiet), ...tally('both cores busy', busy)];
  },
};

function tally(where: string, verdicts: readonly CadenceVerdict[]): Sample[] {
  const count = (wanted: CadenceVerdict['verdict']) =>
    verdicts.filter(({ verdict }) => verdict === wanted).length;
  const because = [...new Set(verdicts.flatMap((verdict) => verdict.because ?? []))].slice(0, 5).join('; ');
  return [
    { what: `${where}: runs`, value: verdicts.length, unit: '' },
    { what: `${where}: red`, value: count('failed'), unit: '', aim: exactly(0, { origin: 'healthy' }) },
    {
      what: `${where}: inconclusive`,
      value: count('inconclusive'),
      unit: '',
      ...(because !== '' && { why: because }),
    },
  ];
}

async function watchBoards(
  { peer, port }: ExperimentContext,
  program: string,
  { round, isBusy }: { readonly round: number; readonly isBusy: boolean },
): Promise<CadenceVerdict[]> {
  const arrivals = new Map<string, Datagram[]>();
  const health: BenchHealth[] = [];
  await using server = await startAckServer({
    host: '127.0.0.1',
    port,
    onEvent: (event) => {
      if (event.kind !== 'datagram') return;
      const { address } = event.from;
      arrivals.set(address, [...(arrivals.get(address) ?? []), event]);
    },
    onHealth: (record) => {
      health.push(record);
    },
  });
  const addresses = Array.from({ length: boardsAtOnce }, (_, board) => `127.1.${round}.${board + 1}`);
  const boards = await Promise.all(addresses.map((address) => startBoard(program, address)));
  const hogSeconds = (bootMs + watchedMs) / 1000;
  const hogs = isBusy ? [peer.run('hog', hogSeconds), peer.run('hog', hogSeconds)] : [];
  await new Promise((resolve) => setTimeout(resolve, bootMs + watchedMs));
  health.push(await server.health());
  await Promise.all([...hogs, ...boards.map((board) => board[Symbol.asyncDispose]())]);
  return addresses.map((address) => {
    const heard = arrivals.get(address) ?? [];
    const firstNs = heard[0]?.stamp.hostNs ?? 0;
    const fromNs = firstNs + 1e9;
    const window = heard.filter(
      ({ stamp }) => stamp.hostNs >= fromNs && stamp.hostNs <= fromNs + watchedMs * 1e6,
    );
    return judge(window, health, address);
  });
}

/** As a run does: looked at while it goes on, then judged. */
function judge(heard: readonly Datagram[], health: readonly BenchHealth[], address: string): CadenceVerdict {
  const early = new EarlyVerdict((claim) => claim.startsWith('cadence.'));
  for (let sends = 1; sends <= heard.length; sends++) {
    if (!early.isDue(sends)) continue;
    const broken = early.look(observeArrivals(heard.slice(0, sends), health, address));
    if (broken) {
      return { verdict: 'failed', because: `early: ${broken.claim}: ${broken.finding}` };
    }
  }
  return judgeCadence(observeArrivals(heard, health, address));
}

async function startBoard(program: string, address: string) {
  const environment = ['VB_UART_BAUD=115200', 'VB_BOOT_US=0', 'VB_RESET_REASON=1', `VB_IP=${address}`];
  return startProgram({
    command: '/usr/bin/env',
    args: [...environment, 'VB_MAC=24:0a:0a:c4:12:34', program],
    name: 'firmware',
    readyTimeoutMs: 30_000,
  });
}
