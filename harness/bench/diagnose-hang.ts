import { BenchError, DutError, type HilError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import type { Datagram, Endpoint, SerialLine } from '../record/events.ts';
import { elapsedMs, type HostNs } from '../time/clock.ts';
import { describeLastSend } from './diagnose-silence.ts';

/** A board that has worked, and of which neither witness hears anything any more. */
export interface Hang {
  readonly waitingFor: string;
  readonly releasedNs: HostNs;
  /** When it was looked. */
  readonly nowNs: HostNs;
  readonly boot: Boot | undefined;
  /** Console lines since the reset, the last one being the last sign on the console; at least one. */
  readonly lines: readonly SerialLine[];
  /** The last of its datagrams. */
  readonly lastDatagram: Datagram;
  readonly server: Endpoint;
  /** Its chip is a program that may lose an interrupt by itself: see `BoardWatchOptions`. */
  readonly isEmulated: boolean;
}

/** The last of what both witnesses heard of a board; undefined when one of them has heard nothing yet. */
export function lastSignNs(line: SerialLine | undefined, datagram: Datagram | undefined): HostNs | undefined {
  if (line === undefined || datagram === undefined) return undefined;
  return Math.max(line.hostNs, datagram.stamp.hostNs) as HostNs;
}

/** It sent, and fell silent on both ways at once, without a crash or a reboot: it hangs. On an emulated chip nobody knows whose fault that is. */
export function diagnoseHang(hang: Hang): HilError {
  const { waitingFor, releasedNs, nowNs, boot, lines, lastDatagram, server, isEmulated } = hang;
  const lastNs = lastSignNs(lines.at(-1), lastDatagram) ?? nowNs;
  const story = {
    what:
      `The board fell silent ${seconds(elapsedMs(releasedNs, lastNs))} after its reset: no datagram and no console line ` +
      `for ${seconds(elapsedMs(lastNs, nowNs))}, and no crash before, while waiting for the ${waitingFor}${describeLastSend(boot?.events ?? [])}`,
    where: `datagrams from ${lastDatagram.from.address} to ${server.address}:${server.port}`,
    evidence: lines.slice(-6).map(({ text }) => text),
  };
  if (isEmulated) {
    return new BenchError('EMULATOR_SILENT', {
      ...story,
      next: 'run again: QEMU loses an interrupt now and then, and its chip hangs. A firmware that hangs does so on a virtual or a real board, too',
    });
  }
  return new DutError('DUT_SILENT', {
    ...story,
    next:
      'see what it did last, in serial.log: a task that waits for ever, a deadlock, or interrupts that stay off look like this. ' +
      'With CONFIG_ESP_TASK_WDT_PANIC the chip tells where it hangs. A board whose supply fails looks the same',
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
