/**
 * The outcome of a run, as it stands in `verdict.json` of the run record and in the file of `--json`.
 */
import type { Fault } from '../errors.ts';
import type { Comparison } from './comparison.ts';
import type { CrashReport } from './crash-report.ts';
import type { Tier } from './tier.ts';

/** `failed`: the firmware broke a promise. `inconclusive`: the bench could not judge. */
export type Verdict = 'passed' | 'failed' | 'inconclusive';

/** What one claim of the specs came to. */
export interface ClaimResult {
  /** Stable name, `<spec>.<claim>`, e.g. `cadence.mean`. */
  readonly id: string;
  /** The claim in words, with its number. */
  readonly title: string;
  /** File of the claim, relative to the repository. */
  readonly spec: string;
  /** Line of the claim in that file, from 1. Absent where the runner tells none. */
  readonly line?: number;
  readonly verdict: Verdict;
  /** What was measured; absent when nothing could be measured. */
  readonly figure?: number | string;
  /** What was promised, in words: "99 to 101". */
  readonly bound: string;
  /** Unit of figure and bound; empty for texts and plain counts. */
  readonly unit: string;
  /** The numbers of the bound, for programs; absent for texts. */
  readonly limits?: { readonly min?: number; readonly max?: number };
  /** Where the bound comes from. */
  readonly origin: string;
  /** How often such a verdict is wrong; absent where the claim doesn't say. */
  readonly rates?: ErrorRates;
  /** How many samples the figure stands on; absent where that means nothing. */
  readonly sampleCount?: number;
  /** Why the verdict is not `passed`. */
  readonly reason?: string;
  /** Log lines and datagrams that show it. */
  readonly evidence: readonly string[];
  /** When it showed, on the host's monotonic clock in ns: the first few. Absent where there is no one moment. */
  readonly momentsNs?: readonly number[];
}

/**
 * How often a claim's verdict is wrong. Both probabilities are upper limits, for an observation of the default length, whatever
 * else the host does meanwhile; docs/statistics.md tells how they were found.
 */
export interface ErrorRates {
  /** What a red verdict denies, and the probability of one though it holds. */
  readonly nullHypothesis: string;
  readonly falseAlarm: number;
  /** Smallest fault that has to be found, and the probability of a green verdict though it is there. */
  readonly smallestEffect: string;
  readonly miss: number;
}

/** A claim that this board could not be asked for, so that nothing is known about it either way. */
export interface SkippedClaim {
  readonly id: string;
  readonly title: string;
  readonly spec: string;
  /** What the claim needs and the board has not. */
  readonly reason: string;
}

/** Wall time of the parts of a run in milliseconds. A part that was not reached is absent. */
export interface TimingsMs {
  readonly build?: number;
  readonly flash?: number;
  /** From the board's reset to the first datagram that it sent. */
  readonly boot?: number;
  /** While claims watched the board: windows, resets and outages that they asked for. */
  readonly observe?: number;
  /** From the start of the process to the verdict. */
  readonly total: number;
}

/** An error that ended the run or a part of it. */
export interface RunError {
  readonly fault: Fault | 'harness';
  readonly code: string;
  readonly message: string;
  /** The crash of the board that it is about; absent when it is about something else. */
  readonly crash?: CrashReport;
}

export interface RunResult {
  /** Version of this schema; see docs/run-record.md. */
  readonly schema: 1;
  readonly id: string;
  /** When the run began, ISO 8601. Absent in records made before it was noted here. */
  readonly startedAt?: string;
  /** `interrupted`: stopped from outside (Ctrl-C) before there was a verdict. */
  readonly verdict: Verdict | 'interrupted';
  /** One sentence: why this verdict. */
  readonly summary: string;
  readonly tier: Tier;
  readonly board: string;
  /** False for anything that is not a piece of hardware. A release needs true. */
  readonly realBoard: boolean;
  readonly firmware?: FirmwareIdentity;
  readonly claims: readonly ClaimResult[];
  /** Absent when all claims were judged. */
  readonly skipped?: readonly SkippedClaim[];
  readonly errors: readonly RunError[];
  readonly timingsMs: TimingsMs;
  /**
   * Figures of the undisturbed observation that are told for their own sake; absent when it did not come to its end. Fields:
   * `RunStatistics` in harness/analysis/run-statistics.ts.
   */
  readonly statistics?: object;
  /** What `--capture` came to; absent when it was not asked for. */
  readonly capture?: CaptureReport;
  /** Folder of the run record. */
  readonly record: string;
  /** Only when a recorded run was judged again. */
  readonly replay?: Replay;
  /** How the run compares with an earlier one; only when that was asked for (`--compare`). */
  readonly comparison?: Comparison;
}

/** The traffic as the network stack saw it, for people; no verdict rests on it. */
export interface CaptureReport {
  /** Its file in the run's folder: pcapng by dumpcap, pcap by tcpdump. Absent when nothing was captured. */
  readonly file?: string;
  /** What captured: `dumpcap 4.0.17`. */
  readonly by?: string;
  /** What of the traffic, as a capture filter says it, and on which interface. */
  readonly filter?: string;
  readonly network?: string;
  /** Why there is none, and the command that mends it. */
  readonly reason?: string;
}

/** How a second judgement compares with the first one. */
export interface Replay {
  /** `none`: the run did not end by itself. */
  readonly recordedVerdict: RunResult['verdict'] | 'none';
  /** Claims that came to another verdict than in the run, in words. */
  readonly changed: readonly string[];
}

/** Which firmware was judged, as its build directory tells. */
export interface FirmwareIdentity {
  readonly dir: string;
  readonly project: string;
  readonly version: string;
  readonly idfVersion: string;
  readonly target: string;
  /** SHA-256 of the ELF in hex: the identity that the boot log must show. Absent when the build tells none. */
  readonly elfSha256?: string;
  /** Size of the app's image in the flash. Absent on target linux, which has none, and in older records. */
  readonly imageBytes?: number;
}
