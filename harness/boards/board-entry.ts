import type { UsbIdentity } from '../serial/match-usb.ts';
import type { ResetStrategy } from '../serial/reset-strategy.ts';

/** A board as the bench file has it. */
export interface BoardEntry {
  /** What people call it. */
  readonly name: string;
  /** Where it is: path or URL of a serial port. Either this or `usb` is given. */
  readonly port?: string;
  /** Which it is, at whatever plug. */
  readonly usb?: UsbIdentity;
  /** `esp32`, `esp32c3`, …; absent: what the harness is used to. */
  readonly chip?: string;
  /** For choosing among boards: `wifi`, `bench-2`. */
  readonly labels: readonly string[];
  /** Absent: by its USB bridge, otherwise classic. */
  readonly reset?: ResetStrategy;
  /** Baud rates; absent: ESP-IDF's defaults. */
  readonly consoleBaudRate?: number;
  readonly flashBaudRate?: number;
}

/** The boards of a bench, and the file that names them. */
export interface BoardBook {
  /** As a person would type it. */
  readonly file: string;
  readonly boards: readonly BoardEntry[];
}
