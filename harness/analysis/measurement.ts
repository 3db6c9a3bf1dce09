import type { HostNs } from '../time/clock.ts';
import type { Figure } from './bound.ts';

/** What a claim found. */
export interface Measurement {
  /** `undefined`: nothing could be measured, which is never a pass. */
  readonly figure: Figure | undefined;
  readonly sampleCount?: number;
  /**
   * How far this host itself may have moved the figure, in the figure's unit: a miss by less says nothing about the firmware.
   * `Infinity`: by any amount.
   * Absent where the host has no part in it.
   */
  readonly hostError?: number;
  /**
   * How far what the console lost or delivered damaged may have moved the figure, in the figure's unit. Absent where the log has
   * no part in it.
   */
  readonly consoleError?: number;
  /** What the figure means if it misses its bound, in words: "11 ticks of 100 Hz, 1 more than intended". */
  readonly finding?: string;
  /** The lines and datagrams that show it. */
  readonly evidence?: readonly string[];
  /** When it showed, on the host's clock; the first few, as the evidence. */
  readonly momentsNs?: readonly HostNs[];
}
