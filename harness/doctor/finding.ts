import type { Tier } from '../record/tier.ts';

/** One line of the doctor's report: a part of the bench and how it is. */
export interface Finding {
  /** For programs: `c-compiler`. */
  readonly id: string;
  readonly name: string;
  /** `missing`: not there. `broken`: there, and can't be used as it is. */
  readonly state: 'ok' | 'missing' | 'broken';
  /** What was found: a version, a path, the reason why not; empty when there is nothing to add. */
  readonly found: string;
  /** What it is needed for, for people. */
  readonly neededFor: string;
  /** The tiers that can't run without it; empty: all can. */
  readonly tiers: readonly Tier[];
  /**
   * The commands that mend it on this system, one a line, or what to do where no command will; absent when all is well.
   */
  readonly remedy?: string;
}

/** What a check is told. */
export interface CheckContext {
  /** Root of the repository. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Port that the ack server is to listen on. */
  readonly serverPort: number;
  readonly install: (packages: Packages) => string;
  readonly signal: AbortSignal;
}

/** Names of a package in the package managers that there are; absent: as `apt` calls it. */
export interface Packages {
  readonly apt: string;
  readonly dnf?: string;
  readonly pacman?: string;
  readonly brew?: string;
}

export type Check = (context: CheckContext) => Promise<readonly Finding[]>;

/** What stays the same of a finding, whatever is found. */
export type Subject = Pick<Finding, 'id' | 'name' | 'neededFor' | 'tiers'>;

export function ok(subject: Subject, found: string): Finding {
  return { ...subject, state: 'ok', found };
}

export function missing(subject: Subject, remedy: string, found = ''): Finding {
  return { ...subject, state: 'missing', found, remedy };
}

export function broken(subject: Subject, found: string, remedy: string): Finding {
  return { ...subject, state: 'broken', found, remedy };
}
