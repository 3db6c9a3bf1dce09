import { atMost, exactly } from '../analysis/bound.ts';
import { watchServer } from './arrivals.ts';
import type { Experiment } from './experiment.ts';

const rate = 80_000;
const seconds = 5;
const boards = 1_000;
const sendsOfBoard = 50;

/** Nothing may be lost on this host: neither a flood nor a thousand boards. */
export const loss: Experiment = {
  number: 4,
  title: 'loss at 80,000 datagrams a second for 5 s; 1,000 boards at 10 a second',
  async measure({ peer, port }) {
    const flood = await lostOf(port, async () => {
      const [line = ''] = await peer.run('blast', port, rate, seconds);
      return Number(line.split(' ', 1)[0]);
    });
    const many = await lostOf(port + 1, async () => {
      const [sent = NaN] = await peer.numbers('boards', port + 1, sendsOfBoard, 100_000, boards, 0);
      return sent;
    });
    return [
      { what: 'flood: lost', value: flood.lost, unit: 'datagrams', aim: exactly(0, { origin: 'loopback' }) },
      { what: 'flood: dropped by this host', value: flood.dropped, unit: 'datagrams' },
      { what: 'boards: lost', value: many.lost, unit: 'datagrams', aim: exactly(0, { origin: 'loopback' }) },
      {
        what: 'boards: our CPU',
        value: many.cpuShare,
        unit: 'of a core',
        aim: atMost(0.2, {
          unit: 'of a core',
          origin: 'a small machine serves the bench beside its other work',
        }),
      },
    ];
  },
};

async function lostOf(port: number, send: () => Promise<number>) {
  await using watched = await watchServer(port);
  const before = process.cpuUsage();
  const began = performance.now();
  const sent = await send();
  const tookMs = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const { droppedByHost = 0 } = await watched.server.health();
  await watched.server.close();
  return {
    lost: sent - watched.arrivals.length,
    dropped: droppedByHost,
    cpuShare: (user + system) / 1e3 / tookMs,
  };
}
