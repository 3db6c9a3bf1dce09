import type { Cadence } from './cadence.ts';
import type { DelayVariation } from './delay-variation.ts';
import type { HostLateness } from './host-lateness.ts';
import type { Observation } from './observation.ts';
import { clockDisagreementPpm } from './figures.ts';
import type { DurationFigures, RoundTrips } from './round-trip.ts';

/** What is regular about the sends, without the list of what is not. */
export type CadenceFigures = Omit<Cadence, 'gaps' | 'late' | 'bursts' | 'phaseSteps'> & {
  /** Sends that are missing, came late, and came several at once. */
  readonly missingCount: number;
  readonly lateCount: number;
  readonly burstCount: number;
};

/** Figures of the undisturbed observation that are told for their own sake: no claim rests on most of them. */
export interface RunStatistics {
  /** By arrivals on the host's clock, and by the device's stamps on its own. Both tell the same, or it is a finding. */
  readonly cadence: {
    readonly arrivals: CadenceFigures;
    readonly deviceStamps: CadenceFigures;
    readonly disagreementPpm?: number;
  };
  /** From device to server; only from sends and arrivals that belong together for sure. */
  readonly delayVariation: DelayVariation;
  readonly roundTrips: {
    /** From send to ack, on the device's clock. */
    readonly device: RoundTrips;
    /** From arrival to answer, on the host's clock. */
    readonly server: DurationFigures;
    /** The former less the latter, ack by ack. */
    readonly network: DurationFigures;
  };
  /** How late this host was itself; absent when nobody watched or the board has a processor of its own. */
  readonly host?: HostLateness;
}

export function summarise(observation: Observation): RunStatistics {
  const { cadence, deviceCadence, hostLateness } = observation;
  const { figure: disagreementPpm } = clockDisagreementPpm(observation);
  return {
    cadence: {
      arrivals: figuresOf(cadence),
      deviceStamps: figuresOf(deviceCadence),
      ...(typeof disagreementPpm === 'number' && { disagreementPpm }),
    },
    delayVariation: observation.delayVariation,
    roundTrips: {
      device: observation.roundTrips,
      server: observation.turnaround,
      network: observation.networkRoundTrips,
    },
    ...(hostLateness && { host: hostLateness }),
  };
}

function figuresOf({ gaps, late, bursts, phaseSteps: _, ...figures }: Cadence): CadenceFigures {
  return {
    ...figures,
    missingCount: gaps.reduce((sum, { missing }) => sum + missing, 0),
    lateCount: late.length,
    burstCount: bursts.length,
  };
}
