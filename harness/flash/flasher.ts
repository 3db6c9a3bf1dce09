import type { BuildDirectory } from '../build/build-directory.ts';
import type { ResetStrategy } from '../serial/reset-strategy.ts';

export interface FlashRequest {
  readonly build: BuildDirectory;
  /** Path or URL of the board's serial port. */
  readonly path: string;
  /** How the board is reset. Default: classic. */
  readonly reset?: ResetStrategy | undefined;
  /** How long a reset must hold EN low; absent: long enough for any board. */
  readonly resetHoldMs?: number | undefined;
  /** Of the transfer; tried again at 115200 when that fails. */
  readonly baudRate: number;
  /** Gets all that a tool printed. */
  readonly logFile: string;
  readonly signal?: AbortSignal | undefined;
  /** `total` is 100 where a tool tells percent. */
  readonly onProgress?: (done: number, total: number, what: string) => void;
}

export interface FlashOutcome {
  /** Whether the flash held everything already. */
  readonly skipped: boolean;
  /** For people: chip, tool, what was written. */
  readonly summary: string;
}

/**
 * Brings a build into a board's flash and verifies it. Leaves the board in its loader or running.
 *
 * @throws BenchError and UsageError as docs/troubleshooting.md lists them under "Flashing".
 */
export type Flasher = (request: FlashRequest) => Promise<FlashOutcome>;
