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
