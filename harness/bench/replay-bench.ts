import { BenchError, restoreError, unmetNeed } from '../errors.ts';
import type { Disturbance } from '../record/events.ts';
import { evidenceOf, type Evidence, type Recovery } from '../record/evidence.ts';
import type { SoakEvidence } from '../record/soak.ts';
import { findWindow, type RunRecord } from '../record/read-run.ts';
import { DeviceEventReader } from '../log/device-event-reader.ts';
import { defaults } from './options.ts';
import type { BenchCalls, ImpairmentRequest, ResettingFault } from './protocol.ts';
import { ownProfile } from './profile.ts';

/** A bench that shows a recorded run again: the same claims, judged on the same evidence, without a board. */
export class ReplayBench implements BenchCalls {
  readonly #record: RunRecord;
  #isEndTold = false;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** The undisturbed observation; absent when the run did not come to its end. */
  get steadyEvidence(): Evidence | undefined {
    return this.#find('steady');
  }

  boot(): Promise<Evidence> {
    return this.#recall('boot');
  }

  steady(): Promise<Evidence> {
    return this.#recall('steady');
  }

  /** As far as it was recorded. */
  async soak(): Promise<SoakEvidence> {
    const { soak, header } = this.#record;
    if (soak === undefined) throw neverDone('soak', this.#record);
    const { periodMs: nominalPeriodMs } = header.profile ?? ownProfile;
    const { soakMs, slices } = soak;
    return Promise.resolve({ soakMs, slices, nominalPeriodMs, confidence: this.#confidence });
  }

  restartServer(): Promise<Recovery> {
    return this.#recover('server-restart');
  }

  withholdAcks(): Promise<Recovery> {
    return this.#recover('ack-silence');
  }

  impair({ name }: ImpairmentRequest): Promise<Recovery> {
    return this.#recover(name);
  }

  loseNetwork(): Promise<Recovery> {
    return this.#recover('network-outage');
  }

  resetBoard(): Promise<Recovery> {
    return this.#recover('board-reset');
  }

  resetByFault(fault: ResettingFault): Promise<Recovery> {
    return this.#recover(fault);
  }

  async #recover(name: string): Promise<Recovery> {
    const disturbance = this.#record.events.findLast(
      (event): event is Disturbance => event.kind === 'disturbance' && event.name === name,
    );
    if (disturbance === undefined)
      throw this.#isComplete ? neverDone(name, this.#record) : this.#notRecorded(name);
    return { disturbance, evidence: await this.#recall(`after-${name}`) };
  }

  async #recall(name: string): Promise<Evidence> {
    const evidence = this.#find(name);
    if (evidence === undefined) throw this.#notRecorded(name);
    return Promise.resolve(evidence);
  }

  #find(name: string): Evidence | undefined {
    const { header } = this.#record;
    const { profile = ownProfile } = header;
    const window = findWindow(this.#record, name);
    if (window === undefined || header.firmware === undefined) return undefined;
    const boardAddress = header.arrivesFrom ?? this.#addressAt(window.toNs);
    return evidenceOf(window, this.#record, {
      firmware: header.firmware,
      sharesHost: !header.realBoard,
      losesTicks: header.tier === 'linux',
      nominalPeriodMs: profile.periodMs,
      ...(profile.log && { logPatterns: profile.log }),
      ...(profile.numbered && { numbered: true }),
      confidence: this.#confidence,
      ...(boardAddress !== undefined && { boardAddress }),
    });
  }

  get #confidence(): number {
    return Number(this.#record.header.configuration['confidence'] ?? defaults.confidence);
  }

  /** It ended by itself, and nothing ended it early. */
  get #isComplete(): boolean {
    const { result, events } = this.#record;
    return (
      result !== undefined && result.verdict !== 'interrupted' && !events.some(({ kind }) => kind === 'error')
    );
  }

  /** The address that the board had printed by then. */
  #addressAt(hostNs: number): string | undefined {
    const reader = new DeviceEventReader(this.#record.header.profile?.log);
    for (const line of this.#record.lines) if (line.hostNs <= hostNs) reader.push(line);
    return reader.boots.at(-1)?.address;
  }

  /** A board that had failed by then fails again: for the first that asks as itself, as in the run. */
  #notRecorded(name: string): Error {
    const { header, events } = this.#record;
    const end = events.find((event) => event.kind === 'error');
    if (end !== undefined && !this.#isEndTold) {
      this.#isEndTold = true;
      return restoreError(end);
    }
    return new BenchError('NOT_RECORDED', {
      what: `The run holds no "${name}"`,
      where: header.id,
      evidence: [end?.message ?? 'the run did not end by itself'],
      next: 'judge what was recorded (--spec), or run again',
    });
  }
}

/** The run was made without it: by another choice of specs, or before there was a claim about it. */
function neverDone(name: string, { header }: RunRecord): BenchError {
  return new BenchError(unmetNeed, {
    what: `The run was made without "${name}"`,
    where: header.id,
    next: 'run again to have this judged',
  });
}
