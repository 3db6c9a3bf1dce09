import type { SerialLine } from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { addToBoots, type Boot } from './boot.ts';
import type { DeviceEvent, PayloadDump } from './device-event.ts';
import { parserOf, type FirmwareLineParser, type LogPatterns } from './firmware-lines.ts';
import { parseDeviceEvent } from './parse-device-event.ts';

/** `ESP_LOG_BUFFER_HEX` prints this many bytes a line (ESP-IDF `components/log/src/buffer/log_buffers.c`). */
const DUMP_BYTES_PER_LINE = 16;

/**
 * Lines of one dump follow each other at UART speed (some 6 ms at 115200 Bd, and the log's clock ticks in 10 ms);
 * dumps of successive sends are a period apart. 50 ms tells them apart, should nothing stand between them.
 */
const DUMP_LINE_GAP_MS = 50;

/**
 * Reads console lines into events, one line after the other. It joins a payload dump of several lines into one
 * event, with the stamp of its first line, and keeps the boots.
 */
export class DeviceEventReader {
  #dump: PayloadDump | undefined;
  readonly #boots: Boot[] = [];
  readonly #parseFirmwareLine: FirmwareLineParser | undefined;

  /** @param patterns - the lines of a firmware that is not ours; absent: our client's */
  constructor(patterns?: LogPatterns) {
    this.#parseFirmwareLine = patterns && parserOf(patterns);
  }

  /** All boots so far; the last one may still be running. */
  get boots(): readonly Boot[] {
    return this.#boots;
  }

  /** What the device has said up to and with this line. A dump of full lines comes out with the next event. */
  push(line: SerialLine): readonly DeviceEvent[] {
    const event = parseDeviceEvent(line, this.#parseFirmwareLine);
    if (event === undefined) return [];
    if (event.kind !== 'payload-dump') return this.#emit([...this.#takeDump(), event]);

    const done = this.#dump !== undefined && continues(this.#dump, event) ? [] : this.#takeDump();
    this.#dump = this.#dump === undefined ? event : join(this.#dump, event);
    return this.#emit(isFull(event) ? done : [...done, ...this.#takeDump()]);
  }

  /** The log has ended: what was still held back. */
  end(): readonly DeviceEvent[] {
    return this.#emit(this.#takeDump());
  }

  /** Leaves out events before `ns`. What a boot is, and how it crashed, stays. */
  forget(ns: HostNs): void {
    for (const [at, boot] of this.#boots.entries()) {
      this.#boots[at] = { ...boot, events: boot.events.filter(({ hostNs }) => hostNs >= ns) };
    }
  }

  #takeDump(): readonly DeviceEvent[] {
    const dump = this.#dump;
    this.#dump = undefined;
    return dump === undefined ? [] : [dump];
  }

  #emit(events: readonly DeviceEvent[]): readonly DeviceEvent[] {
    for (const event of events) addToBoots(this.#boots, event);
    return events;
  }
}

/** All events of a log that is complete. */
export function readDeviceEvents(lines: Iterable<SerialLine>, patterns?: LogPatterns): DeviceEvent[] {
  const reader = new DeviceEventReader(patterns);
  const events: DeviceEvent[] = [];
  for (const line of lines) events.push(...reader.push(line));
  events.push(...reader.end());
  return events;
}

function isFull({ bytesHex }: PayloadDump): boolean {
  return bytesHex.length === 2 * DUMP_BYTES_PER_LINE;
}

function continues(dump: PayloadDump, next: PayloadDump): boolean {
  if (dump.deviceMs === undefined || next.deviceMs === undefined) return true;
  const gapMs = next.deviceMs - dump.deviceMs;
  return gapMs >= 0 && gapMs <= DUMP_LINE_GAP_MS;
}

/** The stamp stays that of the first line, the device's time moves on, so that the next gap is from line to line. */
function join(dump: PayloadDump, next: PayloadDump): PayloadDump {
  return { ...dump, ...next, hostNs: dump.hostNs, bytesHex: dump.bytesHex + next.bytesHex };
}
