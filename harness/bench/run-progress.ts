import type { RunStatistics } from '../analysis/run-statistics.ts';
import type { Progress, StageOutcome } from '../boards/board.ts';
import { describeError, type PortableError } from '../errors.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import type {
  CaptureReport,
  ClaimResult,
  FirmwareIdentity,
  RunError,
  SkippedClaim,
  TimingsMs,
} from '../record/verdict.ts';
import { withoutSecrets } from '../secrets/redactor.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import type { Heard, RunView, Stage } from './run-view.ts';

/** How far a run has come: tells its record and its view, and keeps what the result is made of. */
export class RunProgress {
  readonly claims: ClaimResult[] = [];
  readonly skipped: SkippedClaim[] = [];
  readonly errors: RunError[] = [];
  /** Without `total`, which is known at the end only. */
  timingsMs: Omit<TimingsMs, 'total'> = {};
  firmware: FirmwareIdentity | undefined;
  statistics: RunStatistics | undefined;
  capture: CaptureReport | undefined;
  readonly #recorder: RunRecorder;
  readonly #view: RunView;
  readonly #signal: AbortSignal;
  readonly #secrets: readonly string[];

  /**
   * @param signal - interrupts the run
   * @param secrets - are kept out of everything that it tells
   */
  constructor(recorder: RunRecorder, view: RunView, signal: AbortSignal, secrets: readonly string[] = []) {
    this.#recorder = recorder;
    this.#view = view;
    this.#signal = signal;
    this.#secrets = secrets;
  }

  /** Does `work` as a stage of the run: its begin, end and time are recorded and shown. */
  async stage<T extends StageOutcome>(stage: Stage, what: string, work: () => Promise<T>): Promise<T> {
    const began = hostNow();
    this.begin(stage, what);
    try {
      const outcome = await work();
      const took = elapsedMs(began);
      this.timingsMs = { ...this.timingsMs, [stage]: took };
      this.#mark(stage, 'done', outcome.summary);
      this.#view.stageDone(stage, outcome.summary, took);
      return outcome;
    } catch (error) {
      // Once the run is interrupted, a stage fails because everything is closed under it.
      const { message } = this.#describe(this.#signal.aborted ? this.#signal.reason : error);
      this.#mark(stage, 'failed', message);
      this.#view.stageFailed(stage, message);
      throw error;
    }
  }

  /** A stage begins whose end shows by its claims. */
  begin(stage: Stage, what: string): void {
    this.#mark(stage, 'begun', what);
    this.#view.stageBegun(stage, what);
  }

  step(stage: Stage, progress: Progress): void {
    this.#view.stageProgress(stage, progress);
  }

  /** Something about a stage that goes on. */
  note(stage: Stage, text: string): void {
    this.#view.stageNoted(stage, text);
  }

  /** Lets the view follow what both witnesses tell. */
  watch(heard: Heard): void {
    this.#view.watch(heard);
  }

  claimBegun(title: string): void {
    this.#view.claimBegun(title);
  }

  claim(judged: ClaimResult): void {
    const claim = withoutSecrets(judged, this.#secrets);
    this.claims.push(claim);
    this.#recorder.appendClaim(claim);
    this.#view.claimJudged(claim);
  }

  skip(claim: SkippedClaim): void {
    this.skipped.push(claim);
  }

  observed(observeMs: number): void {
    this.timingsMs = { ...this.timingsMs, observe: observeMs };
  }

  /** Notes an error that ended the run or a part of it. */
  fail(error: unknown): void {
    const told = this.#describe(error);
    const { fault, code, message, story } = told;
    this.errors.push({ fault, code, message, ...(story?.crash && { crash: story.crash }) });
    this.#recorder.append({ kind: 'error', hostNs: hostNow(), ...told });
  }

  #describe(error: unknown): PortableError {
    return withoutSecrets(describeError(error), this.#secrets);
  }

  #mark(stage: Stage, state: 'begun' | 'done' | 'failed', detail: string): void {
    this.#recorder.append({ kind: 'stage', hostNs: hostNow(), stage, state, detail });
  }
}
