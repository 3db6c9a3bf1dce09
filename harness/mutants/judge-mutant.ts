import type { PortableError } from '../errors.ts';
import type { ClaimResult, RunResult } from '../record/verdict.ts';
import type { Mutant } from './mutant.ts';

/**
 * What became of a mutant:
 *
 * - `killed`: by the claims that should, with a message that names its bug
 * - `unnamed`: by the claims that should, but nobody would know the bug by the message
 * - `killed-elsewhere`: by other claims only
 * - `survived`: all claims hold
 * - `not-built`: it is no firmware, so no claim was asked
 * - `inconclusive`: the bench could not judge
 */
export type MutantOutcome =
  'killed' | 'unnamed' | 'killed-elsewhere' | 'survived' | 'not-built' | 'inconclusive';

export interface MutantJudgement {
  readonly outcome: MutantOutcome;
  /** One line: by which claim and with which message, or what is wrong. */
  readonly detail: string;
}

/** What a run came to; an error when it came to no result. */
export type RunEnd = RunResult | { readonly error: PortableError };

/** Was the mutant found out as it should be? */
export function judgeMutant(mutant: Mutant, end: RunEnd): MutantJudgement {
  if ('error' in end) {
    // A diff that does not fit is the mutant's fault, anything else the bench's.
    return {
      outcome: end.error.fault === 'usage' ? 'not-built' : 'inconclusive',
      detail: firstLine(end.error.message),
    };
  }
  const { verdict, summary, claims } = end;
  if (claims.length === 0) {
    return { outcome: verdict === 'failed' ? 'not-built' : 'inconclusive', detail: summary };
  }
  if (verdict === 'passed') return { outcome: 'survived', detail: `all ${claims.length} claims hold` };
  const killers = mutant.killedBy.map((id) => ({ id, claim: claims.find((claim) => claim.id === id) }));
  const open = killers.find(({ claim }) => claim?.verdict !== 'failed');
  if (open !== undefined) return spared(open.id, open.claim, claims);
  const reason = killers[0]?.claim?.reason ?? '';
  const told = `${mutant.killedBy[0]}: ${firstLine(reason)}`;
  if (mutant.says.some((text) => reason.includes(text))) return { outcome: 'killed', detail: told };
  return { outcome: 'unnamed', detail: `${told}, and nothing of "${mutant.says.join('" or "')}"` };
}

/** The claim that should have failed did not. */
function spared(id: string, claim: ClaimResult | undefined, claims: readonly ClaimResult[]): MutantJudgement {
  if (claim === undefined) return { outcome: 'inconclusive', detail: `${id} was not judged` };
  if (claim.verdict === 'inconclusive') {
    return { outcome: 'inconclusive', detail: `${id}: ${firstLine(claim.reason ?? '')}` };
  }
  const failed = claims.filter(({ verdict }) => verdict === 'failed');
  if (failed.length > 0) {
    const others = failed.map((other) => other.id).join(', ');
    return { outcome: 'killed-elsewhere', detail: `${id} holds; failed: ${others}` };
  }
  return { outcome: 'inconclusive', detail: `${id} holds, and no other claim failed` };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
