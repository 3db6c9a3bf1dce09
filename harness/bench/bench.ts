import { setTimeout as delay } from 'node:timers/promises';
import { BenchError, DutError, HilError } from '../errors.ts';
import type { BenchAction, Window } from '../record/events.ts';
import type { Evidence, Recovery } from '../record/evidence.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import type { FirmwareIdentity } from '../record/verdict.ts';
import type { SerialMonitor } from '../serial/serial-monitor.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import type { AckServer } from '../udp/ack-server.ts';
import { diagnoseSilence } from './diagnose-silence.ts';
import type { Journal } from './journal.ts';
import type { BenchCalls } from './protocol.ts';

export interface BenchParts {
  readonly monitor: SerialMonitor;
  readonly server: AckServer;
  readonly journal: Journal;
  readonly recorder: RunRecorder;
  readonly firmware: FirmwareIdentity;
  readonly nominalPeriodMs: number;
  /** Length of the undisturbed observation. */
  readonly steadyMs: number;
  /** Real hardware: its network isn't ours, so that silence on it may be the bench's fault. */
  readonly realBoard: boolean;
  readonly signal: AbortSignal;
}

/** Longest time from reset to the first datagram. DHCP and a slow AP take seconds; ESP-IDF's own tests allow 30 s. */
const bootTimeoutMs = 30_000;

/** A client that is back has been acked this often since the disturbance: two seconds at 10 Hz. */
const acksToRecover = 20;
const recoveryTimeoutMs = 15_000;

/** The device's log lags the network by its UART: a line of 60 characters takes 5 ms at 115200 Bd. */
const logLagMs = 500;

/** A crash is told over many lines; this long after its first one we have seen what there is to see. */
const crashTailMs = 400;

/**
 * Board, console and ack server put together, with one observation at a time. It notices at once when the board
 * crashes, reboots unasked or its console is lost, and ends the wait that is under way with that cause.
 */
export class Bench implements BenchCalls {
  readonly #parts: BenchParts;
  #boot: Promise<Evidence> | undefined;
  #steady: Promise<Evidence> | undefined;
  /** Release of EN of the boot that is expected to go on; nothing before it counts. */
  #releasedNs: HostNs | undefined;
  #portLost: BenchError | undefined;
  /** Why the board can't be observed any more; told once as itself, later as the reason why nothing is measured. */
  #end: HilError | undefined;
  #observedMs = 0;

  constructor(parts: BenchParts) {
    this.#parts = parts;
  }

  /** How long claims have watched the board after its boot. */
  get observedMs(): number {
    return this.#observedMs;
  }

  /** To be called when the serial thread reports that its port is gone. */
  portLost(error: BenchError): void {
    this.#portLost ??= error;
    this.#parts.journal.nudge();
  }

  boot(): Promise<Evidence> {
    return (this.#boot ??= this.#guarded(async () => this.#evidence(await this.#bootOnce('boot'))));
  }

  steady(): Promise<Evidence> {
    return (this.#steady ??= this.#observed(async () => {
      const { journal, steadyMs } = this.#parts;
      const seen = journal.datagrams.length;
      // From the next datagram on, so that the window holds whole periods.
      const first = await this.#until('the first datagram of the observation', recoveryTimeoutMs, () =>
        this.#fromBoard(seen).at(0),
      );
      const fromNs = first.stamp.hostNs;
      const toNs = (fromNs + steadyMs * 1e6) as HostNs;
      await this.#watch(elapsedMs(hostNow(), toNs));
      await this.#logCaughtUp(toNs);
      return this.#evidence(this.#window('steady', fromNs, toNs));
    }));
  }

  restartServer(downMs: number): Promise<Recovery> {
    return this.#disturbed('server-restart', async () => {
      const { server } = this.#parts;
      this.#record('server-stop', `for ${downMs} ms`);
      await server.stop();
      try {
        await this.#watch(downMs);
      } finally {
        await server.start();
      }
      this.#record('server-start');
      return hostNow();
    });
  }

  withholdAcks(count: number): Promise<Recovery> {
    return this.#disturbed('ack-silence', async () => {
      const { server, journal, signal } = this.#parts;
      const withheld = () => journal.acks.filter(({ outcome }) => outcome === 'withheld').length;
      const before = withheld();
      this.#record('withhold-acks', `${count} datagrams`);
      const done = server.withholdAcks(count, { timeoutMs: recoveryTimeoutMs, signal });
      // Watched beside it: a board that dies meanwhile ends the wait at once.
      const watched = this.#until(`datagram ${count} of ${count} without an ack`, recoveryTimeoutMs, () =>
        withheld() - before >= count ? true : undefined,
      );
      await Promise.all([watched, done]);
      return hostNow();
    });
  }

  resetBoard(): Promise<Recovery> {
    return this.#disturbed('board-reset', async () => {
      const boot = await this.#bootOnce('reboot');
      return boot.fromNs;
    });
  }

  /** Resets the board and waits for the first datagram that it sends. */
  async #bootOnce(name: string): Promise<Window> {
    const { monitor, journal } = this.#parts;
    const datagramsBefore = journal.datagrams.length;
    this.#record('reset', name);
    // Whatever happens from here on belongs to the new boot, even before the call below has returned.
    this.#releasedNs = hostNow();
    const releasedNs = await monitor.resetBoard();
    this.#releasedNs = releasedNs;
    void this.#provision(releasedNs);
    const first = await this.#until('datagram from the board', bootTimeoutMs, () =>
      this.#fromBoard(datagramsBefore).at(0),
    );
    return this.#window(name, releasedNs, first.stamp.hostNs);
  }

  /** Tells the client where the server is, if it asks on the console (ESP-IDF's stdin convention). */
  async #provision(sinceNs: HostNs): Promise<void> {
    const { journal, monitor, server, signal } = this.#parts;
    const asked = () =>
      journal.events.find(({ kind, hostNs }) => kind === 'waiting-for-address' && hostNs >= sinceNs);
    try {
      await journal.until(asked, { timeoutMs: bootTimeoutMs, waitingFor: 'a prompt', signal });
      this.#record('provision', server.address.address);
      await monitor.write(`${server.address.address}\n`);
    } catch {
      // Not asked, or the run is over: who waits for the first datagram tells what happened.
    }
  }

  /** One disturbance, from its begin until the device has been acked {@link acksToRecover} times after its end. */
  #disturbed(name: string, disturb: () => Promise<HostNs>): Promise<Recovery> {
    return this.#observed(async () => {
      const fromNs = hostNow();
      const overNs = await disturb();
      const disturbance = this.#window(name, fromNs, overNs);
      const { journal } = this.#parts;
      const acked = () =>
        journal.events.filter(({ kind, hostNs }) => kind === 'ack' && hostNs > overNs).length;
      await this.#until(
        `${acksToRecover} acks in the device's log after the ${name}`,
        recoveryTimeoutMs,
        () => (acked() >= acksToRecover ? true : undefined),
      );
      return { disturbance, evidence: this.#evidence(this.#window(`after-${name}`, fromNs, hostNow())) };
    });
  }

  #observed<T>(observe: () => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      await this.boot();
      const began = hostNow();
      try {
        return await observe();
      } finally {
        this.#observedMs += elapsedMs(began);
      }
    });
  }

  /** Once the board can't be observed any more, everything asked later is not measured rather than failed again. */
  async #guarded<T>(observe: () => Promise<T>): Promise<T> {
    if (this.#end !== undefined) {
      throw new BenchError('NOT_MEASURED', {
        what: `The board was not observed: the run had ended with ${this.#end.code}`,
        next: `see ${this.#end.code} above`,
      });
    }
    try {
      return await observe();
    } catch (error) {
      if (error instanceof HilError && error.code !== 'NOT_MEASURED') this.#end ??= error;
      throw error;
    }
  }

  /** Lets time pass; ends early only with the error of a board that died. */
  async #watch(durationMs: number): Promise<void> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      this.#parts.journal.nudge();
    }, durationMs);
    try {
      await this.#until('end of the observation', durationMs + bootTimeoutMs, () => over || undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits, with an eye on everything that makes waiting pointless. */
  async #until<T>(waitingFor: string, timeoutMs: number, find: () => T | undefined): Promise<T> {
    const { journal, signal } = this.#parts;
    const found = await journal.until<T | Death>(() => this.#death() ?? find(), {
      timeoutMs,
      waitingFor,
      signal,
      onTimeout: () => this.#silence(waitingFor, timeoutMs),
    });
    if (!(found instanceof Death)) return found;
    // The rest of the crash dump is still on the wire.
    if (found.crash) await delay(crashTailMs, undefined, { signal });
    throw found.tell(journal);
  }

  #death(): Death | undefined {
    const { journal } = this.#parts;
    if (this.#portLost) return new Death(this.#portLost);
    if (this.#releasedNs === undefined) return undefined;
    const crash = journal.crashSince(this.#releasedNs);
    if (crash) return new Death(undefined, { ...crash, code: 'DUT_CRASHED' });
    const boots = journal.boots.filter(({ fromNs }) => fromNs >= (this.#releasedNs ?? 0));
    const second = boots.at(1);
    if (second) {
      const reason = second.rom?.resetReasonName ?? 'reason unknown';
      return new Death(undefined, {
        code: 'DUT_REBOOTED',
        what: `reset by itself (${reason})`,
        atNs: second.fromNs,
      });
    }
    return undefined;
  }

  #silence(waitingFor: string, timeoutMs: number): HilError {
    const { journal, server, realBoard } = this.#parts;
    return diagnoseSilence({
      waitingFor,
      timeoutMs,
      boot: this.#bootSince(),
      lines: journal.lines.filter(({ hostNs }) => hostNs >= (this.#releasedNs ?? 0)),
      datagrams: journal.datagrams.filter(({ stamp }) => stamp.hostNs >= (this.#releasedNs ?? 0)),
      server: server.address,
      realBoard,
    });
  }

  #bootSince() {
    return this.#parts.journal.boots.find(({ fromNs }) => fromNs >= (this.#releasedNs ?? 0));
  }

  /** Datagrams from the `from`-th on that the board itself has sent: those from the address that it printed. */
  #fromBoard(from: number) {
    const { journal } = this.#parts;
    const address = journal.currentBoot?.address;
    return journal.datagrams
      .slice(from)
      .filter(
        ({ from: sender, stamp }) => sender.address === address && stamp.hostNs >= (this.#releasedNs ?? 0),
      );
  }

  /** Waits until the device's log has come as far as `ns`, so that what it did before is on record. */
  async #logCaughtUp(ns: HostNs): Promise<void> {
    const { journal, signal } = this.#parts;
    const later = () => journal.events.find(({ kind, hostNs }) => kind === 'sent' && hostNs > ns);
    await journal
      .until(later, { timeoutMs: logLagMs, waitingFor: 'the device log', signal })
      .catch((error: unknown) => {
        // A device that fell silent is for the claims to judge, on what there is.
        if (signal.aborted) throw error;
      });
  }

  #window(name: string, fromNs: HostNs, toNs: HostNs): Window {
    const window: Window = { kind: 'window', name, fromNs, toNs };
    this.#parts.recorder.append(window);
    return window;
  }

  #record(action: BenchAction['action'], detail?: string): void {
    const hostNs = hostNow();
    this.#parts.recorder.append({
      kind: 'bench-action',
      hostNs,
      action,
      ...(detail !== undefined && { detail }),
    });
  }

  #evidence(window: Window): Evidence {
    const { journal, firmware, nominalPeriodMs } = this.#parts;
    const logToNs = window.toNs + logLagMs * 1e6;
    const datagrams = journal.datagrams.filter(
      ({ stamp }) => stamp.hostNs >= window.fromNs && stamp.hostNs <= window.toNs,
    );
    const indices = new Set(datagrams.map(({ index }) => index));
    const boardAddress = journal.currentBoot?.address;
    return {
      window,
      firmware,
      nominalPeriodMs,
      ...(boardAddress !== undefined && { boardAddress }),
      lines: journal.lines.filter(({ hostNs }) => hostNs >= window.fromNs && hostNs <= logToNs),
      datagrams,
      acks: journal.acks.filter(({ datagram }) => indices.has(datagram)),
      health: journal.health.filter(({ hostNs }) => hostNs >= window.fromNs),
    };
  }
}

interface Demise {
  readonly code: string;
  readonly what: string;
  readonly atNs: HostNs;
}

/** Why the board can't be observed any more. */
class Death {
  readonly #bench: BenchError | undefined;
  readonly crash: Demise | undefined;

  constructor(bench: BenchError | undefined, crash?: Demise) {
    this.#bench = bench;
    this.crash = crash;
  }

  tell(journal: Journal): HilError {
    if (this.crash === undefined)
      return this.#bench ?? new BenchError('PORT_LOST', { what: 'The console is gone' });
    const { code, what, atNs } = this.crash;
    const after = journal.lines.filter(({ hostNs }) => hostNs >= atNs).slice(0, 12);
    return new DutError(code, {
      what: `The board ${what}`,
      evidence: [...journal.lastLines(4, atNs - 1), ...after.map(({ text }) => text)],
      next: 'read serial.log in the run record; the lines before the crash stand first above',
    });
  }
}
