import type { SoakSlice } from '../record/soak.ts';
import { unloggedAcks } from './figures.ts';
import type { Observation } from './observation.ts';
import { smallest } from './statistics.ts';

/** What a slice of a soak comes to, in figures: the rest of what was observed need not be kept. */
export function summariseSlice(
  observation: Observation,
  { index, harnessBytes }: Pick<SoakSlice, 'index' | 'harnessBytes'>,
): SoakSlice {
  const { cadence, roundTrips, droppedByHost, window, evidence } = observation;
  const { fromNs, toNs } = window;
  const periodMs = cadence.floorPeriod?.periodMs;
  const rttMedianUs = roundTrips.rtt.p50Us;
  const heapFreeBytes = smallest(observation.heapFreeBytes);
  const unacked = unloggedAcks(observation).figure;
  return {
    kind: 'soak-slice',
    index,
    fromNs,
    toNs,
    periodCount: Math.round((toNs - fromNs) / 1e6 / evidence.nominalPeriodMs),
    missingCount: cadence.gaps.reduce((sum, gap) => sum + gap.missing, 0),
    unackedCount: typeof unacked === 'number' ? unacked : 0,
    ...(droppedByHost !== undefined && { droppedByHost }),
    ...(periodMs !== undefined && { periodMs }),
    ...(rttMedianUs !== undefined && { rttMedianUs }),
    ...(heapFreeBytes !== undefined && { heapFreeBytes }),
    harnessBytes,
  };
}
