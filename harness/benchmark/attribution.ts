import { join } from 'node:path';
import { atLeast } from '../analysis/bound.ts';
import { buildForHost } from '../build/host-build.ts';
import { findMutants, listMutants } from '../mutants/list-mutants.ts';
import { copyFirmware, mutateFirmware } from '../mutants/mutate-firmware.ts';
import { judgeCadence, observeArrivals, type Verdict } from './cadence-claims.ts';
import { watchClients, type ClientBoards } from './client-boards.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const boards = 20;
/** The client with a stall of 80 ms before every 25th send. */
const lateClient = 'stall-every-25';
const watchedMs = 6_000;
/** Every core is taken from everybody else for so long, and given back. */
const takenMs = 60;
const givenBackMs = 47;

/** Whose fault was it? A host that is late must be called late, and a board that stalls must not be excused by it. */
export const attribution: Experiment = {
  number: 7,
  title: 'attribution of lateness: host or board',
  repeats: 3,
  async measure(context) {
    const { root, peer } = context;
    const [mutant] = findMutants(listMutants(root), [lateClient]);
    if (mutant === undefined) throw new Error(`no mutant ${lateClient}`);
    const healthy = await buildClient(context, 'healthy', (dir) => copyFirmware({ root, dir }));
    const stalling = await buildClient(context, 'stalling', (dir) => mutateFirmware(mutant, { root, dir }));

    const board = await judgeBoards(context, { program: stalling });
    const refusals: unknown[] = [];
    const host = await judgeBoards(context, {
      program: healthy,
      meanwhile: () =>
        [0, 1].map(() =>
          peer
            .run('hog', watchedMs / 1000, takenMs, givenBackMs)
            .catch((error: unknown) => refusals.push(error)),
        ),
    });
    const right = { origin: 'a verdict blames who is to blame' };
    return [
      { what: 'late board: found late', value: shareOf(board, (verdict) => verdict !== 'passed'), unit: '' },
      {
        what: 'late board: called board',
        value: rightOf(board, 'failed'),
        unit: '',
        aim: atLeast(0.99, right),
      },
      refusals.length > 0
        ? {
            what: 'late host: called host',
            unit: '',
            why: 'real-time priority is not allowed here (it takes CAP_SYS_NICE)',
          }
        : {
            what: 'late host: called host',
            value: rightOf(host, 'inconclusive'),
            unit: '',
            aim: atLeast(0.99, right),
          },
      {
        what: 'late host: boards found late',
        value: shareOf(host, (verdict) => verdict !== 'passed'),
        unit: '',
      },
    ];
  },
};

/** Claims that a late sender breaks. */
const brokenByLateness = ['cadence.late', 'cadence.phase', 'cadence.gaps'];

/** Of those that were found late, the share that was blamed as it should be. */
function rightOf(verdicts: readonly Verdict[], right: Verdict): number {
  const late = verdicts.filter((verdict) => verdict !== 'passed');
  return late.filter((verdict) => verdict === right).length / late.length;
}

function shareOf(verdicts: readonly Verdict[], isOne: (verdict: Verdict) => boolean): number {
  return verdicts.filter(isOne).length / verdicts.length;
}

async function buildClient(
  { scratch, port }: ExperimentContext,
  name: string,
  copyTo: (dir: string) => Promise<void>,
): Promise<string> {
  const firmwareDir = join(scratch, `${name}-${process.hrtime.bigint()}`);
  await copyTo(firmwareDir);
  const { buildDir } = await buildForHost({
    firmwareDir,
    buildDir: join(firmwareDir, 'build-host'),
    config: { EXAMPLE_IPV4_ADDR: '127.0.0.1', EXAMPLE_PORT: port },
  });
  return buildDir.appElfPath;
}

async function judgeBoards(
  context: ExperimentContext,
  what: Pick<ClientBoards, 'program' | 'meanwhile'>,
): Promise<Verdict[]> {
  const addresses = Array.from({ length: boards }, (_, board) => `127.2.0.${board + 1}`);
  const heard = await watchClients(context, { ...what, addresses, watchedMs });
  return heard.map((board) => judgeCadence(observeArrivals(board), brokenByLateness).verdict);
}
