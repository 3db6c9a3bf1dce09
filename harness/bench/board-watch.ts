import { BenchError, HilError } from '../errors.ts';
import type { Boot } from '../log/boot.ts';
import { isSend, type Listening } from '../log/device-event.ts';
import { crashDumpOf, type CrashDump } from '../log/crash-dump.ts';
import type { CrashReport } from '../record/crash-report.ts';
import type { Datagram, Endpoint, SerialLine } from '../record/events.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import { diagnoseDemise, loopBoots } from './diagnose-demise.ts';
import { diagnoseHang, lastSignNs } from './diagnose-hang.ts';
import { diagnoseSilence } from './diagnose-silence.ts';
import { diagnoseWifi } from './diagnose-wifi.ts';
import type { Journal } from './journal.ts';
import type { CrashScene } from './report-crash.ts';

export interface BoardWatchOptions {
  readonly journal: Journal;
  readonly server: Endpoint;
  /** What the firmware is to do: send by itself, or listen. */
  readonly role: FirmwareProfile['role'];
  /** How often the firmware sends; of a server, how often it is sent to. */
  readonly periodMs: number;
  /** On hardware the network isn't ours, so that silence on it may be the bench's fault. */
  readonly realBoard: boolean;
  /** Its chip is emulated by a program that may lose an interrupt by itself, and hang. Default false. */
  readonly isEmulated?: boolean;
  /** Asked why the board's datagrams don't arrive, when they don't: the host may know. Absent: nobody does. */
  readonly explainUnheard?: (error: HilError, watch: BoardWatch) => Promise<HilError>;
  /** Resolves when the server has told of all that had arrived when it was asked. Absent: it has. */
  readonly serverCaughtUp?: () => Promise<unknown>;
  /** Where its datagrams come from, whatever it prints; absent: from the address that it prints. */
  readonly arrivesFrom?: string | undefined;
  /** Looks a crash up in the ELF of what was flashed. */
  readonly reportCrash: (dump: CrashDump, scene: CrashScene) => Promise<CrashReport>;
  readonly signal: AbortSignal;
}

/**
 * A crash is told over many lines, up to `Rebooting...`: 3 kB on a chip with RISC-V, 0.3 s at 115200 Bd. So long do we wait for
 * the end of one that doesn't come to it.
 */
const crashTailMs = 1_000;

/** A board that ended before it sent anything may be in a loop: so long do we look on to tell. A boot takes 0.3 to 1 s. */
const loopWatchMs = 5_000;

/** A console of which nothing is heard for so long, while so many datagrams arrive, is lost; a loaded host is never that late. */
const consoleQuietMs = 5_000;
const unreportedSends = 20;

/**
 * A board that is heard on neither way for so long, and for so many periods, hangs. Looked for so often; found twice, because what
 * waits behind a busy event loop must have its turn.
 */
const hangMs = 5_000;
const hangPeriods = 5;
const hangLookMs = 1_000;

/** So many lines tell what the board was at. */
const lastLines = 6;

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
  /** A silence on both ways that has been seen once: since when, and when. */
  #stillness: { readonly sinceNs: HostNs; readonly seenNs: HostNs } | undefined;

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
   * @throws what {@link diagnoseDemise} says of a board that ended its work, {@link diagnoseHang} of one that hangs; the error of an instrument; when the time is over,
   * the cause of the silence.
   */
  async until<T>(waitingFor: string, timeoutMs: number, find: () => T | undefined): Promise<T> {
    const { journal, signal } = this.#options;
    let hang: HilError | undefined;
    // Of a board that hangs nothing comes by which it would be noticed.
    const lookOut = setInterval(() => {
      hang = this.#findHang(waitingFor);
      if (hang) journal.nudge();
    }, hangLookMs);
    return journal
      .until(
        () => {
          this.#throwIfGone(waitingFor);
          if (hang) throw hang;
          return find();
        },
        { timeoutMs, waitingFor, signal, onTimeout: () => this.#silence(waitingFor, timeoutMs) },
      )
      .catch(async (error: unknown) => {
        if (error instanceof HilError && error.code === 'DUT_NOT_HEARD')
          return this.#heardAfterAll(error, find);
        if (!(error instanceof Ended)) throw error;
        throw await this.#explainEnd();
      })
      .finally(() => {
        clearInterval(lookOut);
      });
  }

  /** A server that a busy host held up may have what was waited for in its queue. If not: why the board is not heard. */
  async #heardAfterAll<T>(error: HilError, find: () => T | undefined): Promise<T> {
    const { serverCaughtUp, explainUnheard } = this.#options;
    await serverCaughtUp?.();
    const found = this.datagrams().length > 0 ? find() : undefined;
    if (found !== undefined) return found;
    throw (await explainUnheard?.(error, this)) ?? error;
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
    this.#throwIfConsoleLost();
    const [boot, second] = this.#boots;
    if (boot && boot.address === undefined) {
      this.#throwIfWithoutNetwork(boot, waitingFor, boot.crashes[0] ?? second);
    }
    if (second !== undefined || (boot !== undefined && boot.crashes.length > 0)) throw new Ended();
  }

  /** A board that is heard on the network and no more on the console, where it told of its sends before. */
  #throwIfConsoleLost(): void {
    const last = this.#options.journal.lines.at(-1);
    const heard = this.datagrams();
    // Our client says that it starts, and may be heard before it could say that it has sent.
    const reportsSends = this.boot?.start !== undefined || this.boot?.events.some(isSend) === true;
    if (last === undefined || heard.length < unreportedSends || !reportsSends) return;
    const unreported = heard.slice(-unreportedSends);
    const sinceMs = elapsedMs(last.hostNs, unreported.at(-1)?.stamp.hostNs);
    if (sinceMs < consoleQuietMs || unreported.some(({ stamp }) => stamp.hostNs < last.hostNs)) return;
    throw new BenchError('CONSOLE_LOST', {
      what: `The console fell silent: its last line came ${seconds(sinceMs)} before the last of more than ${unreportedSends} datagrams that the board has sent since`,
      evidence: this.#lines.slice(-lastLines).map(({ text }) => text),
      next: 'check the cable and its RX line, and whether another program reads the port; serial.log ends there',
    });
  }

  /** A board that has worked, and is heard on neither way any more. A server is heard only when somebody asks it. */
  #findHang(waitingFor: string): HilError | undefined {
    const { role, periodMs, server, isEmulated = false } = this.#options;
    const lines = this.#lines;
    const lastDatagram = this.datagrams().at(-1);
    const sinceNs = lastSignNs(lines.at(-1), lastDatagram);
    const releasedNs = this.#releasedNs;
    if (role === 'server' || !lastDatagram || sinceNs === undefined || releasedNs === undefined)
      return undefined;
    const nowNs = hostNow();
    if (elapsedMs(sinceNs, nowNs) < Math.max(hangMs, hangPeriods * periodMs)) return undefined;
    if (this.#stillness?.sinceNs !== sinceNs) this.#stillness = { sinceNs, seenNs: nowNs };
    if (elapsedMs(this.#stillness.seenNs, nowNs) < hangLookMs / 2) return undefined;
    return diagnoseHang({
      waitingFor,
      releasedNs,
      nowNs,
      boot: this.boot,
      lines,
      lastDatagram,
      server,
      isEmulated,
    });
  }

  /** Waits until the console has told enough of the end to say why. */
  async #explainEnd(): Promise<HilError> {
    await this.#lookOn(crashTailMs, () => {
      const [boot, second] = this.#boots;
      return second !== undefined || (boot !== undefined && crashDumpOf(boot)?.complete === true);
    });
    await this.#lookOn(loopWatchMs, () => this.#hasWorked || this.#boots.length >= loopBoots);
    const [boot, ...later] = this.#boots;
    if (boot === undefined) throw new Error('a board that ended without a boot');
    return diagnoseDemise({
      boots: [boot, ...later],
      hasWorked: this.#hasWorked,
      crash: await this.#crashOf([boot, ...later]),
      lines: this.#lines,
    });
  }

  /** Whether the board has come as far as to send something, in whichever boot. */
  get #hasWorked(): boolean {
    return (
      this.datagrams().length > 0 ||
      this.#boots.some(({ events }) => events.some((event) => isSend(event) || event.kind === 'listening'))
    );
  }

  /** Waits until `isEnough`, but not for long: a board that has ended may say nothing more. */
  async #lookOn(atMostMs: number, isEnough: () => boolean): Promise<void> {
    const { journal, signal } = this.#options;
    const waiting = { timeoutMs: atMostMs, waitingFor: 'the rest of the story', signal };
    await journal
      .until(() => isEnough() || undefined, waiting)
      .catch((error: unknown) => {
        if (signal.aborted) throw error;
      });
  }

  async #crashOf(boots: readonly Boot[]): Promise<CrashReport | undefined> {
    const boot = boots.find(({ crashes }) => crashes.length > 0);
    const dump = boot && crashDumpOf(boot);
    if (boot === undefined || dump === undefined) return undefined;
    const atNs = dump.cause.hostNs;
    const before = this.#lines.filter(({ hostNs }) => hostNs < atNs).slice(-lastLines);
    const panic = this.#lines.filter(({ hostNs }) => hostNs >= atNs);
    return await this.#options.reportCrash(dump, {
      afterMs: elapsedMs(this.#releasedNs ?? boot.fromNs, atNs),
      lastLines: before.map(({ text }) => text),
      panic: panic.map(({ text }) => text),
    });
  }

  get #lines(): readonly SerialLine[] {
    const releasedNs = this.#releasedNs ?? 0;
    return this.#options.journal.lines.filter(({ hostNs }) => hostNs >= releasedNs);
  }

  /** A board that never gets into its network ends by itself, sooner or later; that is not why. */
  #throwIfWithoutNetwork(boot: Boot, waitingFor: string, end: unknown): void {
    if (end === undefined && !boot.events.some(({ kind }) => kind === 'wifi-gave-up')) return;
    const fault = diagnoseWifi(boot, this.#options.journal.lines, { waitingFor });
    if (fault) throw fault;
  }

  #silence(waitingFor: string, timeoutMs?: number): HilError {
    const { server, role, realBoard } = this.#options;
    return diagnoseSilence({
      waitingFor,
      ...(timeoutMs !== undefined && { timeoutMs }),
      boot: this.boot,
      boardAddress: this.boardAddress,
      lines: this.#lines,
      datagrams: this.#heard(),
      server,
      role,
      realBoard,
    });
  }
}

/** The board has ended its work; why, the console is about to tell. */
class Ended extends Error {}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
