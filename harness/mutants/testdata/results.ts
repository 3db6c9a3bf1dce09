import type { ClaimResult, RunResult, Verdict } from '../../record/verdict.ts';
import type { Mutant } from '../mutant.ts';

/** A claim with that verdict; one that did not pass says why. */
export function claimOf(id: string, verdict: Verdict, reason?: string): ClaimResult {
  return {
    id,
    title: `title of ${id}`,
    spec: `specs/${id.split('.')[0] ?? ''}.spec.ts`,
    verdict,
    bound: '',
    unit: '',
    origin: '',
    evidence: [],
    ...(reason !== undefined && { reason }),
  };
}

/** A run with these claims; its verdict follows from them unless it is given. */
export function resultOf(claims: readonly ClaimResult[], verdict?: RunResult['verdict']): RunResult {
  const worst = (['failed', 'inconclusive'] as const).find((one) =>
    claims.some((claim) => claim.verdict === one),
  );
  return {
    schema: 1,
    id: 'a-run',
    verdict: verdict ?? worst ?? 'passed',
    summary: 'why',
    tier: 'virtual',
    board: 'virtual board 1',
    realBoard: false,
    claims,
    errors: [],
    timingsMs: { total: 9000 },
    record: 'runs/a-run',
  };
}

export function mutantOf(name: string, killedBy: readonly [string, ...string[]], says = 'the bug'): Mutant {
  return { name, bug: 'A bug.', killedBy, says: [says], config: [], hasDiff: true, afterOta: false, tenth: false };
}
