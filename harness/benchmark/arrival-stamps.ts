import { atLeast, atMost } from '../analysis/bound.ts';
import { quantile } from '../analysis/statistics.ts';
import { BenchError } from '../errors.ts';
import { watchServer } from './arrivals.ts';
import { whileBusy } from './busy.ts';
import type { Experiment, ExperimentContext, Sample } from './experiment.ts';
import { startPlainServer } from './plain-server.ts';

const datagrams = 2_000;
const periodUs = 1_000;
const hogSeconds = 5;

/** How far arrival stamps are from those of a packet capture, with a busy main thread and two busy cores. */
export const arrivalStamps: Experiment = {
  number: 1,
  title: 'arrival stamps against a packet capture; main thread busy, two CPU hogs',
  async measure({ peer, port }) {
    const ours = await compare({ peer, port }, async () => {
      const watched = await watchServer(port);
      return {
        stop: () => watched[Symbol.asyncDispose](),
        stamps: () => new Map([...watched.stamps()].map(([payload, stamp]) => [payload, stamp])),
      };
    });
    if (ours === undefined) return [notAllowed];
    const plain = await compare({ peer, port: port + 1 }, async () => {
      const stamps = new Map<string, { hostNs: number; boundUs: number }>();
      const server = await startPlainServer(port + 1, (payload, hostNs) => {
        stamps.set(payload, { hostNs, boundUs: Infinity });
      });
      return { stop: () => server[Symbol.asyncDispose](), stamps: () => stamps };
    });
    const errorsUs = ours.map(({ errorUs }) => errorUs);
    const held = ours.filter(({ errorUs, boundUs }) => errorUs <= boundUs).length / ours.length;
    return [
      us(
        'largest error',
        quantile(errorsUs, 1),
        atMost(1, { unit: 'µs', origin: 'a kernel stamp is that of the capture' }),
      ),
      us('error, p99', quantile(errorsUs, 0.99)),
      {
        what: 'stamps within their stated bound',
        value: held,
        unit: '',
        aim: atLeast(0.9999, { origin: 'a stated bound that does not hold is none' }),
      },
      us(
        'plain dgram in the main thread: error, p99',
        quantile(
          (plain ?? []).map(({ errorUs }) => errorUs),
          0.99,
        ),
      ),
    ];
  },
};

interface Server {
  readonly stop: () => PromiseLike<void>;
  readonly stamps: () => ReadonlyMap<string, { readonly hostNs: number; readonly boundUs: number }>;
}

interface Difference {
  readonly errorUs: number;
  readonly boundUs: number;
}

/** @returns `undefined` where capturing is not allowed */
async function compare(
  { peer, port }: Pick<ExperimentContext, 'peer' | 'port'>,
  start: () => Promise<Server>,
): Promise<Difference[] | undefined> {
  const captured = new Map<string, number>();
  try {
    await using capture = await peer.start('capture', [port], (line) => {
      const [payload = '', ns] = line.split(' ');
      if (ns !== undefined) captured.set(payload, Number(ns));
    });
    const server = await start();
    const hogs = [peer.run('hog', hogSeconds), peer.run('hog', hogSeconds)];
    await whileBusy(peer.run('boards', port, datagrams / 10, periodUs * 10, 10, 0));
    await server.stop();
    await Promise.all(hogs);
    // It tells the rest when it ends.
    await capture[Symbol.asyncDispose]();
    return [...server.stamps()].flatMap(([payload, { hostNs, boundUs }]) => {
      const truthNs = captured.get(payload);
      return truthNs === undefined ? [] : [{ errorUs: Math.abs(hostNs - truthNs) / 1e3, boundUs }];
    });
  } catch (error) {
    if (error instanceof BenchError && error.code === 'PROGRAM_ENDED') return undefined;
    throw error;
  }
}

const notAllowed: Sample = {
  what: 'largest error',
  unit: 'µs',
  why: 'capturing packets is not allowed here (it takes CAP_NET_RAW)',
};

function us(what: string, value: number | undefined, aim?: Sample['aim']): Sample {
  return { what, unit: 'µs', ...(value !== undefined && { value }), ...(aim && { aim }) };
}
