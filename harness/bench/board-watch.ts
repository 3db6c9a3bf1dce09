import { setTimeout as delay } from 'node:timers/promises';
import { DutError, HilError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import { isSend, type Listening } from '../log/device-event.ts';
import { describeCrash } from '../log/crash.ts';
import type { Datagram, Endpoint } from '../record/events.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import type { HostNs } from '../time/clock.ts';
import { diagnoseSilence } from './diagnose-silence.ts';
import { diagnoseWifi } from './diagnose-wifi.ts';
import type { Journal } from './journal.ts';

export interface BoardWatchOptions {
  readonly journal: Journal;
  readonly server: Endpoint;
  /** What the firmware is to do: send by itself, or listen. */
  readonly role: FirmwareProfile['role'];
  /** On hardware the network isn't ours, so that silence on it may be the bench's fault. */
  readonly realBoard: boolean;
  /** Asked why the board's datagrams don't arrive, when they don't: the host may know. Absent: nobody does. */
  readonly explainUnheard?: (error: HilError, watch: BoardWatch) => Promise<HilError>;
  /** Where its datagrams come from, whatever it prints; absent: from the address that it prints. */
  readonly arrivesFrom?: string | undefined;
  readonly signal: AbortSignal;
}

/** A crash is told over many lines; this long after its first one we have seen what there is to see. */
const crashTailMs = 400;

/** So many sends of which none arrives are no lost packets any more: the first ones may wait for ARP. */
const vainSends = 30;

/**
 * Waits for what the board does, with an eye on everything that makes waiting pointless: a crash, a reboot that nobody
 * asked for, a console that is gone. These end a wait at once and outrank whatever it waited for.
 */
export class BoardWatch {
  readonly #options: BoardWatchOptions;
  #instrumentError: Error | undefined;
  #releasedNs: HostNs | undefined;

  constructor(options: BoardWatchOptions) {
    this.#options = options;
  }

  /** A reset is under way: what the board said before `ns` is another life's. */
  expectBoot(ns: HostNs): void {
    this.#releasedNs = ns;
  }

  /** Console or server can't be relied on any more, or the board can't be given what it asks for. */
  instrumentFailed(error: Error): void {
    this.#instrumentError ??= error;
    this.#options.journal.nudge();
  }

  /** The boot since the last reset; absent until the console tells of it. */
  get boot(): Boot | undefined {
    return this.#boots.at(0);
  }

  /** Where the board's datagrams come from; absent until it is known. */
  get boardAddress(): string | undefined {
    return this.#options.arrivesFrom ?? this.boot?.address;
  }

  /** The firmware is a server, has an address and listens: where. */
  async listening(timeoutMs: number): Promise<Listening> {
    return this.until('sign that the firmware listens', timeoutMs, () =>
      this.boardAddress === undefined
        ? undefined
        : this.boot?.events.find((event) => event.kind === 'listening'),
    );
  }

  /** Datagrams of this boot that the board itself has sent: those from its address. */
  datagrams(): Datagram[] {
    const address = this.boardAddress;
    return this.#heard().filter(({ from }) => from.address === address);
  }

  /** The first datagram of this boot that the board itself has sent. A board that sends in vain isn't waited for. */
  async firstDatagram(timeoutMs: number): Promise<Datagram> {
    const waitingFor = 'datagram from the board';
    return this.until(waitingFor, timeoutMs, () => {
      const [first] = this.datagrams();
      const sends =
        this.boot?.events.filter((event) => isSend(event) || event.kind === 'send-failed').length ?? 0;
      if (first === undefined && sends >= vainSends) throw this.#silence(waitingFor);
      return first;
    });
  }

  /**
   * Resolves with what `find` finds, asked now and after each line and datagram.
   *
   * @throws DutError DUT_CRASHED, DUT_REBOOTED; the error of an instrument; when the time is over, the cause of the silence.
   */
  async until<T>(waitingFor: string, timeoutMs: number, find: () => T | undefined): Promise<T> {
    const { journal, signal } = this.#options;
    return journal
      .until(
        () => {
          this.#throwIfGone(waitingFor);
          return find();
        },
        { timeoutMs, waitingFor, signal, onTimeout: () => this.#silence(waitingFor, timeoutMs) },
      )
      .catch(async (error: unknown) => {
        if (error instanceof HilError && error.code === 'DUT_NOT_HEARD') throw await this.#explain(error);
        if (!(error instanceof Demise)) throw error;
        // The rest of the crash dump is still on the wire.
        await delay(crashTailMs, undefined, { signal });
        throw error.tell(journal);
      });
  }

  /** Waits for what somebody else does with the board, under the same watch. */
  async during<T>(waitingFor: string, timeoutMs: number, work: Promise<T>): Promise<T> {
    let over = false;
    const seen = work.finally(() => {
      over = true;
      this.#options.journal.nudge();
    });
    const [value] = await Promise.all([seen, this.until(waitingFor, timeoutMs, () => over || undefined)]);
    return value;
  }

  /** Lets time pass under the same watch. `find` ends it sooner: asked after each line and datagram. */
  async linger<T>(durationMs: number, find?: () => T | undefined): Promise<T | undefined> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      this.#options.journal.nudge();
    }, durationMs);
    try {
      const end = await this.until('end of the observation', durationMs + 10_000, () => {
        const found = find?.();
        return found !== undefined || over ? { found } : undefined;
      });
      return end.found;
    } finally {
      clearTimeout(timer);
    }
  }

  get #boots(): readonly Boot[] {
    const releasedNs = this.#releasedNs ?? Infinity;
    return this.#options.journal.boots.filter(({ fromNs }) => fromNs >= releasedNs);
  }

  #heard(): Datagram[] {
    const releasedNs = this.#releasedNs ?? Infinity;
    return this.#options.journal.datagrams.filter(({ stamp }) => stamp.hostNs >= releasedNs);
  }

  #throwIfGone(waitingFor: string): void {
    if (this.#instrumentError) throw this.#instrumentError;
    const [boot, second] = this.#boots;
    const crash = boot?.crashes[0];
    if (boot && boot.address === undefined) this.#throwIfWithoutNetwork(boot, waitingFor, crash ?? second);
    if (crash) throw new Demise('DUT_CRASHED', `crashed: ${describeCrash(crash)}`, crash.hostNs);
    if (second) {
      const reason = second.rom?.resetReasonName ?? 'reason unknown';
      throw new Demise('DUT_REBOOTED', `reset by itself: ${reason}`, second.fromNs);
    }
  }

  /** A board that never gets into its network ends by itself, sooner or later; that is not why. */
  #throwIfWithoutNetwork(boot: Boot, waitingFor: string, end: unknown): void {
    if (end === undefined && !boot.events.some(({ kind }) => kind === 'wifi-gave-up')) return;
    const fault = diagnoseWifi(boot, this.#options.journal.lines, { waitingFor });
    if (fault) throw fault;
  }

  async #explain(error: HilError): Promise<HilError> {
    return (await this.#options.explainUnheard?.(error, this)) ?? error;
  }

  #silence(waitingFor: string, timeoutMs?: number): HilError {
    const { journal, server, role, realBoard } = this.#options;
    const releasedNs = this.#releasedNs ?? 0;
    return diagnoseSilence({
      waitingFor,
      ...(timeoutMs !== undefined && { timeoutMs }),
      boot: this.boot,
      boardAddress: this.boardAddress,
      lines: journal.lines.filter(({ hostNs }) => hostNs >= releasedNs),
      datagrams: this.#heard(),
      server,
      role,
      realBoard,
    });
  }
}

/** The board's end, before the console has told all of it. */
class Demise extends Error {
  readonly #code: string;
  readonly #atNs: HostNs;

  constructor(code: string, what: string, atNs: HostNs) {
    super(what);
    this.#code = code;
    this.#atNs = atNs;
  }

  tell(journal: Journal): DutError {
    const after = journal.lines.filter(({ hostNs }) => hostNs >= this.#atNs).slice(0, 12);
    const before = journal.lines.filter(({ hostNs }) => hostNs < this.#atNs).slice(-4);
    return new DutError(this.#code, {
      what: `The board ${this.message}`,
      evidence: [...before, ...after].map(({ text }) => text),
      next: 'look at the lines above and at serial.log in the run record',
    });
  }
}
