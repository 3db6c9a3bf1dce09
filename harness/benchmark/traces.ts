import { arrivalTimeline } from '../analysis/timeline.ts';
import { byBoard, watchServer } from './arrivals.ts';
import type { ExperimentContext } from './experiment.ts';

/** Arrival times of one board in ms since its first. */
export type Trace = readonly number[];

/** What else goes on while boards are watched. */
export const loads = ['idle', 'hogs', 'stress'] as const;
export type Load = (typeof loads)[number];

export const boardsAtOnce = 40;
/** 100 intervals at 10 Hz. */
export const sendsOfTrace = 101;
const periodUs = 100_000;
const watchedSeconds = 11;

/** Watches boards on absolute deadlines under a load: two hogs, or six of them, three times as many as two cores take. */
export async function recordTraces(
  { peer, port }: Pick<ExperimentContext, 'peer' | 'port'>,
  load: Load,
  skewPpm = 0,
): Promise<Trace[]> {
  await using watched = await watchServer(port);
  const hogs = Array.from({ length: { idle: 0, hogs: 2, stress: 6 }[load] }, () =>
    peer.run('hog', watchedSeconds),
  );
  await peer.run('boards', port, sendsOfTrace, periodUs, boardsAtOnce, skewPpm);
  await Promise.all(hogs);
  await watched.server.close();
  return byBoard(watched.arrivals).map((datagrams) => arrivalTimeline(datagrams).atMs);
}
