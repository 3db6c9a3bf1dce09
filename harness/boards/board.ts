import type { BuildDirectory } from '../build/build-directory.ts';
import type { Tier } from '../record/tier.ts';
import type { Fault, FaultName } from './parts/fault.ts';
import type { UsbIdentity } from '../serial/match-usb.ts';
import type { ResetStrategy } from '../serial/reset-strategy.ts';

/** What a stage tells while it works, for a progress bar. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly what: string;
}

export interface StageOptions {
  readonly signal: AbortSignal;
  /** Folder of the run record: logs of tools go there. */
  readonly recordDir: string;
  readonly onProgress: (progress: Progress) => void;
}

/** A stage's outcome: whether it had something to do, and a few words for people. */
export interface StageOutcome {
  readonly skipped: boolean;
  readonly summary: string;
}

export interface Built extends StageOutcome {
  readonly buildDir: BuildDirectory;
}

export interface Console {
  readonly path: string;
  readonly baudRate: number;
  /** How long a reset must hold EN low; absent: long enough for any board. */
  readonly resetHoldMs?: number;
  /** How the board is reset. Default: classic. */
  readonly reset?: ResetStrategy;
  /** By what its port is found again when it has another path after a reset. */
  readonly usb?: UsbIdentity;
}

/**
 * What runs the firmware under test: `build → flash → (console) → dispose`. Everything that differs between tiers is
 * behind this interface; resets go through the console's control lines.
 */
export interface Board extends AsyncDisposable {
  readonly tier: Tier;
  /** Short name for people and records: `virtual-1`, `/dev/ttyUSB0`. */
  readonly name: string;
  /** True only for hardware. */
  readonly real: boolean;
  /**
   * Address that its datagrams arrive from, where that is not the one it prints: it prints none, or is behind the address
   * translation of an emulator.
   */
  readonly arrivesFrom?: string;
  build(options: StageOptions): Promise<Built>;
  /** Brings the build into the board's flash; leaves the board in reset, in its loader or running. */
  flash(build: BuildDirectory, options: StageOptions): Promise<StageOutcome>;
  /** The serial console, as `openPort` takes it. Known after `build`. */
  readonly console: Console;
  /** Faults that can be asked of it; absent: none. */
  readonly faults?: BoardFaults | undefined;
}

/** A board that can be made to suffer, so that it is seen what comes of it. */
export interface BoardFaults {
  /** A spec that needs another fault is skipped, with the reason. */
  readonly names: ReadonlySet<FaultName>;
  /** Resolves when the fault is there. @throws BenchError FAULT_WITHOUT_VICTIM when nothing is there that it could hit. */
  inject(fault: Fault): Promise<void>;
}

/** A build for people: `udp_client 1.0 (ELF SHA-256 3f9a12c4b…)`. */
export function nameBuild({ projectName, projectVersion, elfSha256 }: BuildDirectory): string {
  const identity = elfSha256 === undefined ? '' : ` (ELF SHA-256 ${elfSha256.slice(0, 9)}…)`;
  return `${projectName} ${projectVersion}${identity}`;
}
