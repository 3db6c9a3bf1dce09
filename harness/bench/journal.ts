import type { Boot } from '../log/boot.ts';
import type { DeviceEvent } from '../log/device-event.ts';
import type { LogPatterns } from '../log/firmware-lines.ts';
import { DeviceEventReader } from '../log/device-event-reader.ts';
import type { BoardStalls } from '../record/board-stalls.ts';
import type {
  Ack,
  BenchHealth,
  BoardStall,
  Datagram,
  Impairment,
  Probe,
  SerialLine,
  ServerState,
} from '../record/events.ts';
import type { HostNs } from '../time/clock.ts';
import { withDeadline, type WaitOptions } from '../time/deadline.ts';

/**
 * What both witnesses have told so far in this run, and the place to wait for more. Everything in it is on disk
 * already.
 */
export class Journal {
  readonly lines: SerialLine[] = [];
  readonly datagrams: Datagram[] = [];
  readonly acks: Ack[] = [];
  readonly impairments: Impairment[] = [];
  readonly probes: Probe[] = [];
  readonly health: BenchHealth[] = [];
  readonly events: DeviceEvent[] = [];
  /** How much {@link forget} has left out so far: what was at the front. */
  readonly forgotten = { lines: 0, datagrams: 0, events: 0 };
  readonly #reader: DeviceEventReader;
  readonly #watchers = new Set<() => void>();
  readonly #boardStalls: BoardStalls | undefined;

  /**
   * @param patterns - the lines of a firmware that is not ours
   * @param boardStalls - what the board notes itself; absent: nothing
   */
  constructor(patterns?: LogPatterns, boardStalls?: BoardStalls) {
    this.#reader = new DeviceEventReader(patterns);
    this.#boardStalls = boardStalls;
  }

  get boardStalls(): readonly BoardStall[] | undefined {
    return this.#boardStalls?.soFar;
  }

  get boots(): readonly Boot[] {
    return this.#reader.boots;
  }

  addLine(line: SerialLine): void {
    this.lines.push(line);
    this.events.push(...this.#reader.push(line));
    this.#changed();
  }

  addServerEvent(event: Datagram | Ack | Impairment | Probe | ServerState): void {
    if (event.kind === 'datagram') this.datagrams.push(event);
    if (event.kind === 'ack') this.acks.push(event);
    if (event.kind === 'impairment') this.impairments.push(event);
    if (event.kind === 'probe') this.probes.push(event);
    this.#changed();
  }

  addHealth(health: BenchHealth): void {
    this.health.push(health);
  }

  /**
   * Leaves out what was told before `ns`, so that memory does not grow with the time. The record holds it, and boots keep what they
   * were told of themselves.
   */
  forget(ns: HostNs): void {
    this.forgotten.lines += dropBefore(this.lines, ({ hostNs }) => hostNs >= ns);
    this.forgotten.datagrams += dropBefore(this.datagrams, ({ stamp }) => stamp.hostNs >= ns);
    const firstKept = this.datagrams[0]?.index ?? Infinity;
    dropBefore(this.acks, ({ datagram }) => datagram >= firstKept);
    dropBefore(this.impairments, ({ hostNs }) => hostNs >= ns);
    dropBefore(this.probes, ({ hostNs }) => hostNs >= ns);
    dropBefore(this.health, ({ hostNs }) => hostNs >= ns);
    this.forgotten.events += dropBefore(this.events, ({ hostNs }) => hostNs >= ns);
    this.#reader.forget(ns);
    this.#boardStalls?.forget(ns);
  }

  /** Lets every wait look again: something outside of the journal has changed. */
  nudge(): void {
    this.#changed();
  }

  /**
   * Resolves with what `find` finds, asked now and after each new line or datagram.
   *
   * @throws what `find` throws, at once; otherwise as {@link withDeadline}.
   */
  async until<T>(find: () => T | undefined, wait: WaitOptions): Promise<T> {
    // Before the first look: what that throws would have nobody to catch it.
    wait.signal?.throwIfAborted();
    let watcher: (() => void) | undefined;
    const found = new Promise<T>((resolve, reject) => {
      watcher = () => {
        try {
          const value = find();
          if (value !== undefined) resolve(value);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#watchers.add(watcher);
      watcher();
    });
    try {
      return await withDeadline(found, wait);
    } finally {
      if (watcher) this.#watchers.delete(watcher);
    }
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** Drops what stands before the first that is to be kept; returns how many that were. */
function dropBefore<T>(items: T[], isKept: (item: T) => boolean): number {
  const first = items.findIndex(isKept);
  return items.splice(0, first < 0 ? items.length : first).length;
}
