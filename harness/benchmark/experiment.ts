import type { Bound } from '../analysis/bound.ts';
import type { PeerProgram } from './peer-program.ts';

/** One figure of one repetition. */
export interface Sample {
  /** What it is of; the same in each repetition. */
  readonly what: string;
  /** Absent when it could not be measured here: see `why`. */
  readonly value?: number;
  readonly unit: string;
  /** What is aimed at; absent for a peer's figure. */
  readonly aim?: Bound;
  /** Why there is no value. */
  readonly why?: string;
}

export interface ExperimentContext {
  readonly peer: PeerProgram;
  /** A UDP port for this experiment, and those up to nine above it. */
  readonly port: number;
  /** Folder for what the experiment writes; gone afterwards. */
  readonly scratch: string;
  /** Root of the repository. */
  readonly root: string;
}

/** Something measured beside its own peer, in one run, on one and the same host. */
export interface Experiment {
  readonly number: number;
  readonly title: string;
  /** How often it is repeated; absent: as often as asked for. One that repeats within itself says 1. */
  readonly repeats?: number;
  measure(context: ExperimentContext): Promise<readonly Sample[]>;
}
