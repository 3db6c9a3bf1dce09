import { dependsOnLog, EarlyVerdict, isStillBroken } from '../analysis/early-verdict.ts';
import { logHorizon, type LogHorizon } from '../analysis/log-horizon.ts';
import { Observation } from '../analysis/observation.ts';
import type { BoardFaults } from '../boards/board.ts';
import type { Fault } from '../boards/parts/fault.ts';
import { findRecovery } from '../analysis/recovery.ts';
import { BenchError, HilError, unmetNeed } from '../errors.ts';
import { isAnswer, isSend } from '../log/device-event.ts';
import { isWifiLoss } from '../log/wifi.ts';
import type { BenchAction, Disturbance, EndOfWindow, Span, Window } from '../record/events.ts';
import { evidenceOf, type Evidence, type Recovery, type Subject } from '../record/evidence.ts';
import type { FirmwareProfile } from '../record/profile.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import type { SoakEvidence, SoakSlice } from '../record/soak.ts';
import type { FirmwareIdentity } from '../record/verdict.ts';
import type { SerialMonitor } from '../serial/serial-monitor.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import type { AckServer } from '../udp/ack-server.ts';
import type { BoardWatch } from './board-watch.ts';
import { wifiLost } from './diagnose-wifi.ts';
import type { Journal } from './journal.ts';
import type { BenchCalls, ImpairmentRequest, ResettingFault } from './protocol.ts';
import { Provisioner } from './provisioner.ts';
import { soakBoard } from './soak.ts';
import type { WifiCredentials } from './wifi-credentials.ts';

export interface BenchParts {
  readonly monitor: SerialMonitor;
  readonly server: AckServer;
  readonly journal: Journal;
  readonly watch: BoardWatch;
  readonly recorder: RunRecorder;
  readonly firmware: FirmwareIdentity;
  /** What can be asked of the board; absent: nothing. */
  readonly faults?: BoardFaults | undefined;
  /** See `Subject`. */
  readonly sharesHost: boolean;
  readonly losesTicks: boolean;
  /** What the firmware promises, whatever it was built for. */
  readonly profile: FirmwareProfile;
  /** See `Subject`. */
  readonly confidence: number;
  /** Port of a firmware that is a server, if it doesn't say. */
  readonly devicePort: number;
  /** Length of the undisturbed observation, unless a promise is seen to be broken before. */
  readonly steadyMs: number;
  /** Length of the soak; absent: there is none. */
  readonly soakMs?: number | undefined;
  /** Told after each slice of the soak. */
  readonly onSlice?: (slice: SoakSlice, soakedMs: number) => void;
  /** Whether a claim of that id is judged in this run. */
  readonly isJudged: (claim: string) => boolean;
  /** Told when the undisturbed observation ends before its time. */
  readonly onEarlyEnd: (end: EndOfWindow, afterMs: number) => void;
  /** Longest time from a reset to the first datagram. */
  readonly bootTimeoutMs: number;
  /** What the board is told instead of the address that the server listens on. */
  readonly serverAddress?: string | undefined;
  /** What the firmware is told when it asks for its network. */
  readonly credentials?: WifiCredentials | undefined;
  readonly signal: AbortSignal;
  /** Told once when the board can't be observed any more. */
  readonly onEnd: (error: HilError) => void;
}

/** A ROM speaks within some milliseconds of its reset; the rest is left to a loaded host and a slow link. */
const consoleTimeoutMs = 5_000;

/** Many times what any claim allows: what isn't back by then won't come back. */
const recoveryTimeoutMs = 15_000;

/** The device's log lags the network by its UART: a line of 60 characters takes 5 ms at 115200 Bd. */
const logLagMs = 500;
/** On a host that is late itself. */
const slowLogMs = 5_000;

/** An answer that takes longer is none. */
const echoTimeoutMs = 1_000;

/** How far evidence reaches back before its window: what was under way at its begin is seen from its own begin. */
const marginNs = 1e9;

/** Board, console and ack server put together: makes the observations that claims are judged on, one at a time. */
export class Bench implements BenchCalls {
  readonly #parts: BenchParts;
  readonly #provisioner: Provisioner;
  #boot: Promise<Evidence> | undefined;
  #steady: Promise<Evidence> | undefined;
  #soak: Promise<SoakEvidence> | undefined;
  /** Why the board can't be observed any more. */
  #end: HilError | undefined;
  #isEndTold = false;
  #observedMs = 0;
  #steadyEvidence: Evidence | undefined;
  #endedBy: EndOfWindow | undefined;

  constructor(parts: BenchParts) {
    this.#parts = parts;
    this.#provisioner = new Provisioner({
      ...parts,
      server: parts.server.address,
      onGiven: (detail) => {
        this.#record('provision', detail);
      },
    });
  }

  /** How long claims have watched the board after its boot. */
  get observedMs(): number {
    return this.#observedMs;
  }

  /** The undisturbed observation, once it is over. */
  get steadyEvidence(): Evidence | undefined {
    return this.#steadyEvidence;
  }

  /** The broken promise that ended the undisturbed observation before its time; absent when it lasted to its end. */
  get endedBy(): EndOfWindow | undefined {
    return this.#endedBy;
  }

  /** Boots the board and goes on to the undisturbed observation, before any claim asks for it. Resolves when it has booted. */
  async start(): Promise<Evidence> {
    const evidence = await this.#booted();
    this.#observedSteadily().catch(() => undefined);
    return evidence;
  }

  boot(): Promise<Evidence> {
    return this.#tell(this.#booted());
  }

  steady(): Promise<Evidence> {
    return this.#tell(this.#observedSteadily());
  }

  soak(): Promise<SoakEvidence> {
    return this.#tell((this.#soak ??= this.#observed(() => this.#soaked())));
  }

  restartServer(downMs: number): Promise<Recovery> {
    return this.#disturbed('server-restart', async () => {
      const { server, watch } = this.#parts;
      this.#record('server-stop', `for ${downMs} ms`);
      await server.stop();
      try {
        await watch.linger(downMs);
      } finally {
        await server.start();
      }
      this.#record('server-start');
      return hostNow();
    });
  }

  withholdAcks(count: number): Promise<Recovery> {
    return this.#disturbed('ack-silence', async () => {
      const { server, journal, watch, signal } = this.#parts;
      const withheld = () => journal.acks.filter(({ outcome }) => outcome === 'withheld').length;
      const before = withheld();
      this.#record('withhold-acks', `${count} datagrams`);
      // Beside the server's own wait: a board that dies meanwhile ends it at once.
      await Promise.all([
        server.withholdAcks(count, { timeoutMs: recoveryTimeoutMs + logLagMs, signal }),
        watch.until(`datagram ${count} of ${count} without an ack`, recoveryTimeoutMs, () =>
          withheld() - before >= count ? true : undefined,
        ),
      ]);
      return hostNow();
    });
  }

  impair({ name, ...plan }: ImpairmentRequest): Promise<Recovery> {
    return this.#disturbed(name, async () => {
      const { server, watch, signal, profile } = this.#parts;
      const { boardAddress = '' } = watch;
      this.#record('impair', `${name}: ${JSON.stringify(plan)}`);
      const timeoutMs = plan.datagrams * profile.periodMs + recoveryTimeoutMs;
      await watch.during(
        `datagram ${plan.datagrams} of ${plan.datagrams} on an impaired network`,
        timeoutMs,
        server.impair({ ...plan, boardAddress }, { timeoutMs: timeoutMs + logLagMs, signal }),
      );
      return hostNow();
    });
  }

  loseNetwork(downMs: number): Promise<Recovery> {
    return this.#disturbed('network-outage', async () => {
      await this.#inject('access-point lost');
      try {
        await this.#parts.watch.linger(downMs);
      } finally {
        await this.#inject('access-point back');
      }
      return hostNow();
    });
  }

  resetBoard(): Promise<Recovery> {
    return this.#disturbed('board-reset', async () => (await this.#reset('reboot')).fromNs);
  }

  resetByFault(fault: ResettingFault): Promise<Recovery> {
    return this.#disturbed(fault, async () => {
      const { fromNs } = await this.#bootAfter(async () => {
        const askedNs = hostNow();
        await this.#inject(fault);
        return askedNs;
      });
      return fromNs;
    });
  }

  #booted(): Promise<Evidence> {
    return (this.#boot ??= this.#guarded(async () => this.#evidence('boot', await this.#reset('boot'))));
  }

  #observedSteadily(): Promise<Evidence> {
    return (this.#steady ??= this.#observed(async () => {
      const { profile } = this.#parts;
      const span = await (profile.role === 'server' ? this.#probedSteadily() : this.#watchedSteadily());
      return (this.#steadyEvidence = await this.#evidence('steady', span, this.#endedBy));
    }));
  }

  /** Ends before its time as soon as a promise is broken for certain. */
  async #watchedSteadily(): Promise<Span> {
    const { watch, steadyMs, onEarlyEnd } = this.#parts;
    const throwIfNetworkLost = this.#watchNetwork();
    const seen = watch.datagrams().length;
    // From the next datagram on, so that the window holds whole periods.
    const first = await watch.until('datagram to begin the observation with', recoveryTimeoutMs, () => {
      throwIfNetworkLost();
      return watch.datagrams().at(seen);
    });
    const fromNs = first.stamp.hostNs;
    let toNs = (fromNs + steadyMs * 1e6) as HostNs;
    const lookForBrokenPromise = this.#lookForBrokenPromise(fromNs);
    for (;;) {
      const broken = await watch.linger(Math.max(0, elapsedMs(hostNow(), toNs)), () => {
        throwIfNetworkLost();
        return lookForBrokenPromise();
      });
      if (broken === undefined) break;
      if (!(await this.#isCertain(broken.end, { fromNs, toNs: broken.toNs }))) continue;
      this.#endedBy = broken.end;
      toNs = broken.toNs;
      onEarlyEnd(broken.end, elapsedMs(fromNs, toNs));
      break;
    }
    await this.#logCaughtUp(toNs);
    return { fromNs, toNs };
  }

  /** Is a promise still broken when both witnesses have told all that they know of the time? */
  async #isCertain(end: EndOfWindow, span: Span): Promise<boolean> {
    const { server, journal } = this.#parts;
    if (!dependsOnLog(end)) return true;
    if (!(await this.#logCaughtUp(span.toNs))) return false;
    journal.addHealth(await server.health());
    const evidence = evidenceOf(this.#window('steady', span), journal, this.#subject);
    return isStillBroken(end, new Observation(evidence));
  }

  async #soaked(): Promise<SoakEvidence> {
    const { soakMs, profile, confidence, server, journal, onSlice } = this.#parts;
    if (soakMs === undefined) throw new BenchError(unmetNeed, { what: 'no soak was asked for (--soak 30m)' });
    // What is forgotten below would be missing there.
    await this.#observedSteadily();
    const soaked = await soakBoard({
      ...this.#parts,
      soakMs,
      look: this.#watchNetwork(),
      observe: async (span) => {
        await this.#logCaughtUp(span.toNs);
        journal.addHealth(await server.health());
        return evidenceOf(this.#window('soak', span), journal, this.#subject);
      },
      onSlice: (...told) => onSlice?.(...told),
    });
    return { ...soaked, nominalPeriodMs: profile.periodMs, confidence };
  }

  /**
   * Asked after each line and datagram. The network around the board is the bench's: without it nothing can be concluded from
   * what the board does.
   */
  #watchNetwork(): () => void {
    const { journal } = this.#parts;
    const count = () => journal.forgotten.events + journal.events.length;
    let seen = count();
    return () => {
      for (; seen < count(); seen++) {
        const event = journal.events[seen - journal.forgotten.events];
        if (event !== undefined && isWifiLoss(event)) throw wifiLost(event, journal.lines);
      }
    };
  }

  /** Asked after each line and datagram: has a promise been broken since `fromNs`, for certain? */
  #lookForBrokenPromise(fromNs: HostNs): () => { end: EndOfWindow; toNs: HostNs } | undefined {
    const { watch, journal, isJudged } = this.#parts;
    const verdict = new EarlyVerdict(isJudged);
    return () => {
      const arrivals = watch.datagrams().filter(({ stamp }) => stamp.hostNs >= fromNs);
      const toNs = arrivals.at(-1)?.stamp.hostNs;
      if (toNs === undefined || !verdict.isDue(arrivals.length)) return undefined;
      const window = this.#window('steady', { fromNs, toNs });
      const end = verdict.look(new Observation(evidenceOf(window, journal, this.#subject)));
      return end && { end, toNs };
    };
  }

  /** A firmware that is a server is sent a datagram each period; then its last answers are waited for. */
  async #probedSteadily(): Promise<Span> {
    const { server, journal, watch, steadyMs, profile, devicePort, bootTimeoutMs } = this.#parts;
    const { port = devicePort } = await watch.listening(bootTimeoutMs);
    const to = { address: watch.boardAddress ?? '', port };
    const { periodMs } = profile;
    const fromNs = hostNow();
    const count = Math.max(1, Math.round(steadyMs / periodMs));
    await server.probe({ to, periodMs, count });
    await watch.until(`datagram ${count} of ${count} to the board`, steadyMs + recoveryTimeoutMs, () =>
      journal.probes.length >= count ? true : undefined,
    );
    await watch.linger(echoTimeoutMs);
    return { fromNs, toNs: hostNow() };
  }

  /** Resets the board by its EN line. */
  #reset(name: string): Promise<Span> {
    return this.#bootAfter(() => {
      this.#record('reset', name);
      return this.#parts.monitor.resetBoard();
    });
  }

  /**
   * Waits until the board does what it is for: sends its first datagram, or listens.
   *
   * @param reset - resolves with the instant before which all was said in the life that it ended
   */
  async #bootAfter(reset: () => Promise<HostNs>): Promise<Span> {
    const { watch, journal, profile, bootTimeoutMs } = this.#parts;
    const releasedNs = await reset();
    watch.expectBoot(releasedNs);
    const booted = new AbortController();
    void this.#provisioner.attend(releasedNs, booted.signal);
    try {
      await watch.until('line on the console', consoleTimeoutMs, () =>
        journal.lines.find(({ hostNs }) => hostNs >= releasedNs),
      );
      const readyNs =
        profile.role === 'server'
          ? (await watch.listening(bootTimeoutMs)).hostNs
          : (await watch.firstDatagram(bootTimeoutMs)).stamp.hostNs;
      return { fromNs: releasedNs, toNs: readyNs };
    } finally {
      booted.abort();
    }
  }

  /** One disturbance, from its begin until the device has been acked often enough after its end. */
  #disturbed(name: string, disturb: () => Promise<HostNs>): Promise<Recovery> {
    return this.#tell(
      this.#observed(async () => {
        const { journal, watch, recorder, profile } = this.#parts;
        const fromNs = hostNow();
        const disturbance: Disturbance = { kind: 'disturbance', name, fromNs, toNs: await disturb() };
        recorder.append(disturbance);
        await watch.until(`second on schedule, and acked, after the ${name}`, recoveryTimeoutMs, () =>
          findRecovery({
            arrivals: watch.datagrams(),
            answers: journal.events.filter(isAnswer),
            sinceNs: disturbance.toNs,
            nominalPeriodMs: profile.periodMs,
          }),
        );
        const toNs = hostNow();
        await this.#logCaughtUp(toNs);
        const evidence = await this.#evidence(`after-${name}`, { fromNs, toNs });
        return { disturbance, evidence };
      }),
    );
  }

  #observed<T>(observe: () => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      await this.#booted();
      const began = hostNow();
      try {
        return await observe();
      } finally {
        this.#observedMs += elapsedMs(began);
      }
    });
  }

  /** After the first failure the board is in no state that anything could be concluded from. */
  async #guarded<T>(observe: () => Promise<T>): Promise<T> {
    if (this.#end !== undefined) throw this.#end;
    try {
      return await observe();
    } catch (error) {
      if (error instanceof HilError) this.#endBy(error);
      throw error;
    }
  }

  /** The first failure is the cause; others that come of it are not told. */
  #endBy(error: HilError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#parts.onEnd(error);
  }

  /** The claim that meets the end first tells it; for those after it, nothing was measured. */
  async #tell<T>(observation: Promise<T>): Promise<T> {
    try {
      return await observation;
    } catch (error) {
      if (!(error instanceof HilError) || error !== this.#end) throw error;
      if (!this.#isEndTold) {
        this.#isEndTold = true;
        throw error;
      }
      throw new BenchError('NOT_MEASURED', {
        what: `The board was not observed, because the run had met ${error.code}`,
        next: `see ${error.code}`,
      });
    }
  }

  /**
   * Waits until the device's log has come as far as `ns`, so that what it did before is on record; longer when the log is known
   * to lag.
   *
   * @returns whether it has
   */
  async #logCaughtUp(ns: HostNs): Promise<boolean> {
    const { journal, signal } = this.#parts;
    const later = () => {
      const horizon = this.#logHorizon;
      // A firmware that logs no instants is known by when its lines were read.
      const isLater = horizon
        ? horizon.toldNs > ns
        : journal.events.some((event) => isSend(event) && event.hostNs > ns);
      return isLater || undefined;
    };
    for (const timeoutMs of [logLagMs, slowLogMs]) {
      try {
        return await journal.until(later, { timeoutMs, waitingFor: 'a later line of the device', signal });
      } catch (error) {
        // A device that fell silent is for the claims to judge, on what there is.
        if (signal.aborted) throw error;
      }
      if (!this.#logLags) break;
    }
    return false;
  }

  get #logHorizon(): LogHorizon | undefined {
    return logHorizon(this.#parts.watch.boot?.events ?? []);
  }

  /** A busy host shows the log late. */
  get #logLags(): boolean {
    return (this.#logHorizon?.lagMs ?? 0) > logLagMs / 2;
  }

  /** Closes a window over what was just observed: recorded, then cut out of what the witnesses told. */
  async #evidence(name: string, span: Span, endedBy?: EndOfWindow): Promise<Evidence> {
    const { journal, server, recorder } = this.#parts;
    // Datagrams that this host has lost must be known before anybody judges.
    const health = await server.health();
    journal.addHealth(health);
    recorder.append(health);
    const window = this.#window(name, span, endedBy);
    recorder.append(window);
    return evidenceOf(window, journal, this.#subject);
  }

  #window(name: string, { fromNs, toNs }: Span, endedBy?: EndOfWindow): Window {
    const span = {
      fromNs: Math.max(fromNs - marginNs, this.#parts.watch.boot?.fromNs ?? fromNs) as HostNs,
      toNs: hostNow(),
    };
    return { kind: 'window', name, fromNs, toNs, span, ...(endedBy && { endedBy }) };
  }

  get #subject(): Subject {
    const { watch, firmware, sharesHost, losesTicks, profile, confidence } = this.#parts;
    const { boardAddress } = watch;
    return {
      firmware,
      sharesHost,
      losesTicks,
      nominalPeriodMs: profile.periodMs,
      ...(profile.log && { logPatterns: profile.log }),
      ...(profile.numbered && { numbered: true }),
      confidence,
      ...(boardAddress !== undefined && { boardAddress }),
    };
  }

  async #inject(fault: Fault): Promise<void> {
    const { faults } = this.#parts;
    if (faults === undefined)
      throw new BenchError(unmetNeed, { what: 'This board can be asked for no fault' });
    this.#record('fault', fault);
    await faults.inject(fault);
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
}
