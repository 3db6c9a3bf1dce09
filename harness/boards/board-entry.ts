import type { UsbIdentity } from '../serial/match-usb.ts';
import type { LabgridPlace } from './labgrid/acquire-place.ts';
import type { ResetStrategy } from '../serial/reset-strategy.ts';

/** A board as the bench file has it. */
export interface BoardEntry {
  /** What people call it. */
  readonly name: string;
  /** A virtual one stands here by its own name; absent: a real board. */
  readonly tier?: 'virtual';
  /**
   * Where it is: path or URL of a serial port. Of a real board either this, `usb` or `labgrid` is given; a virtual one without is
   * started.
   */
  readonly port?: string;
  /** Which it is, at whatever plug. */
  readonly usb?: UsbIdentity;
  /** It is acquired from a coordinator, which says where its serial port is. */
  readonly labgrid?: LabgridPlace;
  /** `esp32`, `esp32c3`, …; absent: what the harness is used to. */
  readonly chip?: string;
  /** For choosing among boards: `wifi`, `bench-2`. */
  readonly labels: readonly string[];
  /** Where this host serves it. What is absent is as for every board: two boards with one server take turns. */
  readonly server?: { readonly address?: string; readonly port?: number };
  /** Absent: by its USB bridge, otherwise classic. */
  readonly reset?: ResetStrategy;
  /** Baud rates; absent: ESP-IDF's defaults. */
  readonly consoleBaudRate?: number;
  readonly flashBaudRate?: number;
  /** See `Board`. */
  readonly arrivesFrom?: string;
  /** Whether it is no hardware, but an emulator that is reached like it. Default false. */
  readonly emulated?: boolean;
}

/** The boards of a bench, and the file that names them. */
export interface BoardBook {
  /** As a person would type it. */
  readonly file: string;
  readonly boards: readonly BoardEntry[];
}
