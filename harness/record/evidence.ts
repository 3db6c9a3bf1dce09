import type { HostNs } from '../time/clock.ts';
import type { Ack, BenchHealth, Datagram, SerialLine, Window } from './events.ts';
import type { FirmwareIdentity } from './verdict.ts';

/**
 * The slice of a run record that claims are judged on: what both witnesses saw in one window. It is plain data, read
 * from a bench or from a recorded run alike.
 */
export interface Evidence {
  readonly window: Window;
  /**
   * While both witnesses were recorded for what follows: it reaches beyond the window where it can, so that
   * what began within the window is seen to its end.
   */
  readonly span: { readonly fromNs: HostNs; readonly toNs: HostNs };
  /** What the firmware under test promises to be; the boot log must show it. */
  readonly firmware: FirmwareIdentity;
  /** The address that the board printed when it got it; absent when it has not (yet). */
  readonly boardAddress?: string;
  /** Time between two sends that the firmware was configured for. */
  readonly nominalPeriodMs: number;
  readonly lines: readonly SerialLine[];
  readonly datagrams: readonly Datagram[];
  /** Acks to the datagrams above. */
  readonly acks: readonly Ack[];
  readonly health: readonly BenchHealth[];
}

/** What happened after the bench had disturbed the board. */
export interface Recovery {
  /** From the disturbance's begin to its end. */
  readonly disturbance: Window;
  /** From the disturbance's begin until the board was seen to have recovered. */
  readonly evidence: Evidence;
}
