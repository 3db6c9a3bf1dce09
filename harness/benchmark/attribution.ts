import { atLeast } from '../analysis/bound.ts';
import type { BenchHealth, Datagram } from '../record/events.ts';
import { startAckServer } from '../udp/ack-server.ts';
import { byBoard } from './arrivals.ts';
import { judgeCadence, observeArrivals, type Verdict } from './cadence-claims.ts';
import type { Experiment, ExperimentContext } from './experiment.ts';

const boards = 40;
const sends = 31;
const periodUs = 100_000;
const stallMs = 60;
/** Every core is taken from everybody else for so long, and given back. */
const takenMs = 60;
const givenBackMs = 47;
const seconds = 4;

/** Whose fault was it? A host that is late must be called late, and a board that stalls must not be excused by it. */
export const attribution: Experiment = {
  number: 7,
  title: 'attribution of lateness: host or board',
  repeats: 3,
  async measure(context) {
    const board = await watchBoards(context, stallMs);
    const hogs = [0, 1].map(() => context.peer.run('hog', seconds, takenMs, givenBackMs));
    const host = await watchBoards({ ...context, port: context.port + 1 }, 0);
    const refused = await Promise.all(hogs).then(
      () => false,
      () => true,
    );
    const right = { origin: 'a verdict blames who is to blame' };
    return [
      { what: 'late board: found late', value: shareOf(board, (verdict) => verdict !== 'passed'), unit: '' },
      {
        what: 'late board: called board',
        value: rightOf(board, 'failed'),
        unit: '',
        aim: atLeast(0.99, right),
      },
      refused
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

async function watchBoards({ peer, port }: ExperimentContext, stall: number): Promise<Verdict[]> {
  const arrivals: Datagram[] = [];
  const health: BenchHealth[] = [];
  await using server = await startAckServer({
    host: '127.0.0.1',
    port,
    onEvent: (event) => {
      if (event.kind === 'datagram') arrivals.push(event);
    },
    onHealth: (record) => {
      health.push(record);
    },
  });
  await peer.run('boards', port, sends, periodUs, boards, 0, stall);
  health.push(await server.health());
  await server.close();
  return byBoard(arrivals).map(
    (datagrams) => judgeCadence(observeArrivals(datagrams, health, '127.0.0.1'), brokenByLateness).verdict,
  );
}
