import { join } from 'node:path';
import { exactly } from '../analysis/bound.ts';
import { EarlyVerdict } from '../analysis/early-verdict.ts';
import { buildForHost } from '../build/host-build.ts';
import { judgeCadence, observeArrivals, type CadenceVerdict } from './cadence-claims.ts';
import { watchClients, type HeardBoard } from './client-boards.ts';
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
  context: ExperimentContext,
  program: string,
  { round, isBusy }: { readonly round: number; readonly isBusy: boolean },
): Promise<CadenceVerdict[]> {
  const hogSeconds = (bootMs + watchedMs) / 1000;
  const boards = await watchClients(context, {
    program,
    addresses: Array.from({ length: boardsAtOnce }, (_, board) => `127.1.${round}.${board + 1}`),
    meanwhile: () => (isBusy ? [0, 1].map(() => context.peer.run('hog', hogSeconds)) : []),
    watchedMs: bootMs + watchedMs,
  });
  return boards.map((board) => {
    const fromNs = (board.datagrams[0]?.stamp.hostNs ?? 0) + 1e9;
    const toNs = fromNs + watchedMs * 1e6;
    const datagrams = board.datagrams.filter(({ stamp }) => stamp.hostNs >= fromNs && stamp.hostNs <= toNs);
    return judge({ ...board, datagrams });
  });
}

/** As a run does: looked at while it goes on, then judged. */
function judge(board: HeardBoard): CadenceVerdict {
  const early = new EarlyVerdict((claim) => claim.startsWith('cadence.'));
  for (let sends = 1; sends <= board.datagrams.length; sends++) {
    if (!early.isDue(sends)) continue;
    const broken = early.look(observeArrivals(board, sends));
    if (broken) {
      return { verdict: 'failed', because: `early: ${broken.claim}: ${broken.finding}` };
    }
  }
  return judgeCadence(observeArrivals(board));
}
