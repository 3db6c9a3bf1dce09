import type { ClaimResult, RunResult, Verdict } from '../record/verdict.ts';
import { judgeMutant, type MutantOutcome, type RunEnd } from './judge-mutant.ts';
import type { Mutant } from './mutant.ts';

/** Mutants against claims: who was found out by what. */
export interface Matrix {
  readonly claims: readonly MatrixColumn[];
  /** The unchanged firmware; absent when it was not asked for. */
  readonly healthy?: MatrixRow<RunResult['verdict']>;
  readonly mutants: readonly MatrixRow<MutantOutcome>[];
  /** What is missing for the matrix to be complete, each in a sentence. Empty: it is complete. */
  readonly missing: readonly string[];
  /** Of these, how many say that the bench could not judge, which is no finding about specs or mutants. */
  readonly inconclusiveCount: number;
}

export interface MatrixColumn {
  readonly id: string;
  readonly title: string;
  /** Mutants that it killed and was to kill. */
  readonly killCount: number;
}

export interface MatrixRow<Outcome> {
  readonly name: string;
  readonly outcome: Outcome;
  readonly detail: string;
  /** Claims that were to fail; empty for the healthy firmware. */
  readonly killedBy: readonly string[];
  /** By id; a claim that was not judged is absent. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** Folder of the run record; absent when there is none. */
  readonly record?: string;
  readonly elapsedMs?: number;
}

export interface MutantRun {
  readonly mutant: Mutant;
  readonly end: RunEnd;
}

export interface MatrixInput {
  /** Absent: only mutants were asked for. */
  readonly healthy?: RunEnd | undefined;
  readonly runs: readonly MutantRun[];
  /** All mutants that there are were run, so each claim must have its kill. */
  readonly all: boolean;
}

/** Puts the runs together. */
export function makeMatrix({ healthy, runs, all }: MatrixInput): Matrix {
  const mutants = runs.map(({ mutant, end }): MatrixRow<MutantOutcome> => ({
    ...rowOf(mutant.name, end),
    ...judgeMutant(mutant, end),
    killedBy: mutant.killedBy,
  }));
  const killsOf = (id: string) =>
    mutants.filter(({ killedBy, verdicts }) => killedBy.includes(id) && verdicts[id] === 'failed').length;
  const claims = claimsOf([...(healthy ? [healthy] : []), ...runs.map(({ end }) => end)]).map(
    ({ id, title }) => ({ id, title, killCount: killsOf(id) }),
  );
  const unlisted = all ? claims.filter(({ killCount }) => killCount === 0) : [];
  const asItIs = healthy && judgeHealthy(healthy);
  const notPassed = asItIs?.outcome === 'passed' ? undefined : asItIs;
  const notKilled = mutants.filter(({ outcome }) => outcome !== 'killed');
  return {
    claims,
    ...(healthy &&
      asItIs && { healthy: { ...rowOf('(the firmware as it is)', healthy), ...asItIs, killedBy: [] } }),
    mutants,
    missing: [
      ...(notPassed ? [`the firmware as it is: ${notPassed.outcome}: ${notPassed.detail}`] : []),
      ...notKilled.map(({ name, outcome, detail }) => `${name}: ${words[outcome]}: ${detail}`),
      ...unlisted.map(({ id }) => `${id}: kills no mutant`),
    ],
    inconclusiveCount:
      notKilled.filter(({ outcome }) => outcome === 'inconclusive').length +
      (notPassed !== undefined && notPassed.outcome !== 'failed' ? 1 : 0),
  };
}

/** Outcomes as people read them. */
export const words: Readonly<Record<MutantOutcome, string>> = {
  killed: 'killed',
  unnamed: 'killed, but not by name',
  'killed-elsewhere': 'killed by the wrong claim only',
  survived: 'survived',
  'not-built': 'not built',
  inconclusive: 'inconclusive',
};

/** The verdict on the firmware as it is. */
export function judgeHealthy(end: RunEnd): { outcome: RunResult['verdict']; detail: string } {
  return 'error' in end
    ? { outcome: 'inconclusive', detail: end.error.message }
    : { outcome: end.verdict, detail: end.summary };
}

function rowOf(
  name: string,
  end: RunEnd,
): Pick<MatrixRow<never>, 'name' | 'verdicts' | 'record' | 'elapsedMs'> {
  if ('error' in end) return { name, verdicts: {} };
  return {
    name,
    verdicts: Object.fromEntries(end.claims.map(({ id, verdict }) => [id, verdict])),
    record: end.record,
    elapsedMs: end.timingsMs.total,
  };
}

/** Every claim that any of the runs has judged, in the order in which specs state them. */
function claimsOf(ends: readonly RunEnd[]): ClaimResult[] {
  const claims = new Map<string, ClaimResult>();
  for (const claim of ends.flatMap((end) => ('error' in end ? [] : end.claims))) {
    if (!claims.has(claim.id)) claims.set(claim.id, claim);
  }
  return [...claims.values()];
}
