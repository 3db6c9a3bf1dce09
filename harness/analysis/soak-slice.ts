import type { SoakSlice } from '../record/soak.ts';
import { missingSends, unloggedAcks } from './figures.ts';
import type { Observation } from './observation.ts';
import { smallest } from './statistics.ts';

/** What a slice of a soak comes to, in figures: the rest of what was observed need not be kept. */
export function summariseSlice(
  observation: Observation,
  { index, harnessBytes }: Pick<SoakSlice, 'index' | 'harnessBytes'>,
): SoakSlice {
  const { cadence, roundTrips, droppedByHost = 0, window, evidence } = observation;
  const { fromNs, toNs } = window;
  // Steps that are the host's alone hide no period.
  const { periodMs } = cadence.floorPeriod ?? observation.cadenceGivenBack.floorPeriod ?? {};
  const rttMedianUs = roundTrips.rtt.p50Us;
  const heapFreeBytes = smallest(observation.heapFreeBytes);
  const missingCount = cadence.gaps.reduce((sum, gap) => sum + gap.missing, 0);
  const { figure: unacked } = unloggedAcks(observation);
  const unackedCount = typeof unacked === 'number' ? unacked : 0;
  const { hostError: heldUpPeriods = 0 } = missingSends(observation);
  return {
    kind: 'soak-slice',
    index,
    fromNs,
    toNs,
    periodCount: Math.round((toNs - fromNs) / 1e6 / evidence.nominalPeriodMs),
    missingCount,
    unackedCount,
    excusedCount: Math.min(missingCount + unackedCount, droppedByHost + heldUpPeriods),
    ...(periodMs !== undefined && { periodMs }),
    ...(rttMedianUs !== undefined && { rttMedianUs }),
    ...(heapFreeBytes !== undefined && { heapFreeBytes }),
    harnessBytes,
  };
}
