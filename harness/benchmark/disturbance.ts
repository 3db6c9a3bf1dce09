import { within } from '../analysis/bound.ts';
import { mean } from '../analysis/statistics.ts';
import { watchServer } from './arrivals.ts';
import { whileBusy } from './busy.ts';
import type { Experiment } from './experiment.ts';
import { startPlainServer } from './plain-server.ts';

const sends = 50;
const sleepUs = 100_000;

/** A board that waits for its acks is slowed down by a server that is late: how much do we change what we measure? */
export const disturbance: Experiment = {
  number: 3,
  title: 'mean period of a lock-step board, runner busy, against the same board at a C echo',
  async measure({ peer, port }) {
    await using _ours = await watchServer(port);
    await using _echo = await peer.start('echo', [port + 1]);
    await using _plain = await startPlainServer(port + 2);
    const periodMs = async (at: number) => {
      const sentNs = await peer.numbers('lockstep', at, sends, sleepUs);
      return (mean(sentNs.slice(1).map((ns, i) => ns - (sentNs[i] ?? 0))) ?? NaN) / 1e6;
    };
    const [ours = NaN, echo = NaN, plain = NaN] = await whileBusy(
      Promise.all([port, port + 1, port + 2].map(periodMs)),
    );
    return [
      {
        what: 'ours less C echo',
        value: ours - echo,
        unit: 'ms',
        aim: within(0, 0.2, { unit: 'ms', origin: '0.2 % of the period' }),
      },
      { what: 'plain dgram less C echo', value: plain - echo, unit: 'ms' },
    ];
  },
};
