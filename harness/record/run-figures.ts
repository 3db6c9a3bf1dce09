/** What is kept of a run to compare others with, small enough to be reviewed: also the content of a baseline file. */
import type { Tier } from './tier.ts';

/** Names of the figures that runs are compared by. */
export const figureIds = [
  'period.arrivals',
  'period.device',
  'spread',
  'lateness',
  'round-trip',
  'round-trip.tail',
  'boot',
  'image',
  'heap',
] as const;
export type FigureId = (typeof figureIds)[number];

/** A figure and what is known about how far it may be from the truth. Exact when there is no error beside it. */
export interface Estimate {
  readonly value: number;
  /** Standard error in the unit of `value`, dependence between neighbours taken into account. */
  readonly standardError?: number;
  /** Hard limit of the error, in the unit of `value`. */
  readonly bound?: number;
  /** Samples that it stands on. */
  readonly sampleCount?: number;
}

/** What must be alike for two runs to be comparable at all. */
export interface RunSubject {
  /** Name of the ESP-IDF project. */
  readonly project: string;
  /** Name of the firmware's profile; absent for the client in `firmware/`. */
  readonly profile?: string;
  readonly tier: Tier;
  /** Chip that the firmware was built for: the kind of board. */
  readonly target: string;
  readonly periodMs: number;
  /** Datagrams and answers were numbered. */
  readonly numbered?: true;
}

/** `host-late`: the host, which the board shares, was late itself for most of the time. `too-short`: it was watched for too few sends. */
export type Lack = 'host-late' | 'too-short';

/** The figures of one run. */
export interface RunFigures {
  /** The run's id. */
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Version, ESP-IDF and ELF of what ran. */
  readonly version: string;
  readonly idfVersion: string;
  readonly elfSha256?: string;
  /** What the host is, where the board's processor is the host's own: its figures are good for that host only. */
  readonly host?: string;
  /** Why figures of the traffic could not be taken, where they should be there; absent when they are. */
  readonly lacking?: Lack;
  /** A figure that the run does not tell is absent. */
  readonly figures: Readonly<Partial<Record<FigureId, Estimate>>>;
  /** Whole median round trip on the device's clock in µs, the server's part included: what its changes are a share of. */
  readonly wholeRoundTripUs?: number;
  /**
   * Median of the server's part in these round trips in µs, where the board shares the host: the same work in every run, so it tells
   * how fast the host was.
   */
  readonly serverPartUs?: number;
  /** Round trips less the server's part in µs: 20 quantiles of equal weight, in order. */
  readonly roundTripQuantilesUs?: readonly number[];
}

/** One or more runs of one firmware on one kind of board: `--write-baseline` writes it, `--compare` reads it. */
export interface Baseline {
  readonly schema: 1;
  readonly subject: RunSubject;
  /** In the order in which they were made; at least one. */
  readonly runs: readonly RunFigures[];
}
