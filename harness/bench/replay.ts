import { relative } from 'node:path';
import { Observation } from '../analysis/observation.ts';
import { summarise } from '../analysis/run-statistics.ts';
import { checkSpecName, specFolder } from '../fixtures/spec-files.ts';
import { runSpecs } from '../fixtures/run-specs.ts';
import { readRun, type RunRecord } from '../record/read-run.ts';
import { BenchError, describeError } from '../errors.ts';
import type { ClaimResult, RunError, RunResult, SkippedClaim } from '../record/verdict.ts';
import { compareRun, concludeComparison } from './compare-run.ts';
import { concludeRun, interrupted } from './conclude-run.ts';
import { measureRecord } from './measure-record.ts';
import type { Reference } from './open-reference.ts';
import { defaults } from './options.ts';
import { ownProfile } from './profile.ts';
import { serveBench } from './protocol.ts';
import { ReplayBench } from './replay-bench.ts';
import type { RunView } from './run-view.ts';

export interface ReplayOptions {
  /** Folder of the recorded run. */
  readonly replayDir: string;
  /** Name of the only spec to judge; absent: all. */
  readonly spec?: string;
}

export interface ReplayContext {
  /** Root of the repository. */
  readonly root: string;
  readonly view: RunView;
  readonly signal: AbortSignal;
  /** What the run is to be compared with. */
  readonly reference?: Reference | undefined;
}

/**
 * Judges a recorded run again, by today's specs, without a board. The record is only read.
 *
 * @throws UsageError NO_RUN when the folder holds no run; NO_SUCH_SPEC.
 */
export async function replay(
  { replayDir, spec }: ReplayOptions,
  { root, view, signal, reference }: ReplayContext,
): Promise<RunResult> {
  const record = readRun(replayDir);
  const { header, result: recorded } = record;
  const specs = specFolder(root, header.profile?.name);
  if (spec !== undefined) checkSpecName(specs, spec);
  const where = relative(root, replayDir) || '.';
  view.introduce({
    board: header.board,
    realBoard: header.realBoard,
    why: `recorded at ${header.startedAt}, judged again`,
    firmwareDir: header.firmware?.dir ?? 'a firmware that was not built',
    periodMs: (header.profile ?? ownProfile).periodMs,
    record: where,
    isRecorded: true,
  });
  view.watch(record);

  const claims: ClaimResult[] = [];
  const skipped: SkippedClaim[] = [];
  const benchChannel = `replay-${header.id}-${process.pid}`;
  const bench = new ReplayBench(record);
  using _calls = serveBench(benchChannel, bench);
  const errors = recordedErrors(record);
  const cutShort = describeCutSoak(record);
  if (cutShort) errors.push(describeError(cutShort));
  try {
    const { problems } = await runSpecs({
      specs,
      withSoak: record.soak !== undefined,
      benchChannel,
      boardFaults: header.faults ?? [],
      ...(spec !== undefined && { spec }),
      signal,
      onClaimBegun: (title) => {
        view.claimBegun(title);
      },
      onClaim: (claim) => {
        claims.push(claim);
        view.claimJudged(claim);
      },
      onSkipped: (claim) => {
        skipped.push(claim);
      },
    });
    errors.push(...problems.map(describeError));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const confidence = Number(header.configuration['confidence'] ?? defaults.confidence);
  const comparison =
    reference && !signal.aborted ? compareRun(measureRecord(record), reference, confidence) : undefined;
  const result: RunResult = {
    schema: 1,
    id: header.id,
    startedAt: header.startedAt,
    ...(signal.aborted ? interrupted : concludeComparison(concludeRun(claims, errors, skipped), comparison)),
    tier: header.tier,
    board: header.board,
    realBoard: header.realBoard,
    ...(header.firmware && { firmware: header.firmware }),
    claims,
    ...(skipped.length > 0 && { skipped }),
    errors,
    timingsMs: { ...recorded?.timingsMs, total: performance.now() },
    ...(bench.steadyEvidence && { statistics: summarise(new Observation(bench.steadyEvidence)) }),
    ...(comparison && { comparison }),
    record: where,
    replay: { recordedVerdict: recorded?.verdict ?? 'none', changed: changedClaims(claims, recorded) },
  };
  view.finish(result);
  return result;
}

/** What ended the run, or a part of it, while it was recorded: it keeps its say. */
function recordedErrors({ events }: RunRecord): RunError[] {
  return events.flatMap((event) =>
    event.kind === 'error' ? [{ fault: event.fault, code: event.code, message: event.message }] : [],
  );
}

/** A soak that was killed is judged as far as it came, and is none that passed. */
function describeCutSoak({ soak, result }: RunRecord): BenchError | undefined {
  if (soak === undefined || soak.isComplete || result !== undefined) return undefined;
  const [first] = soak.slices;
  const lastedS = first ? ((soak.slices.at(-1) ?? first).toNs - first.fromNs) / 1e9 : 0;
  return new BenchError('SOAK_CUT_SHORT', {
    what: `The soak was to last ${soak.soakMs / 1000} s and was killed: what was written down are its first ${Math.round(lastedS)} s, in ${soak.slices.length} slices`,
    next: 'its claims are judged on these; run again for the whole of it',
  });
}

/** Claims that come to another verdict than they did when the run was made, or did not exist then. */
function changedClaims(claims: readonly ClaimResult[], recorded: RunResult | undefined): string[] {
  const before = new Map(recorded?.claims.map(({ id, verdict }) => [id, verdict]));
  return claims.flatMap(({ id, verdict }) =>
    before.get(id) === verdict ? [] : [`${id}: was ${before.get(id) ?? 'not judged'}, is ${verdict}`],
  );
}
