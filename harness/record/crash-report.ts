import type { Call } from '../log/call-stack.ts';

/** A crash, as it stands in the verdict and with the error that tells of it. */
export interface CrashReport {
  /** What the device said: `panic on core 0: StoreProhibited`. */
  readonly cause: string;
  /** From the board's reset to the first word of the crash, on the host's clock. */
  readonly afterMs: number;
  /** Where it was, innermost call first; empty when the device told no address, or they could not be looked up. */
  readonly calls: readonly Call[];
  /** Why the stack could not be unwound: then all calls but the first place are a guess, by an address that may be stale. */
  readonly guess?: string;
  /** The call to blame; absent when there is none. */
  readonly blamed?: Call;
  /** The addresses that the device told, when they could not be looked up. */
  readonly addresses?: readonly string[];
  /** Why not, and what to do about it. */
  readonly obstacle?: string;
  /** The board's last lines before it, oldest first. */
  readonly lastLines: readonly string[];
}
