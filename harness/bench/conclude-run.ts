import { BenchError } from '../errors.ts';
import type { EndOfWindow } from '../record/events.ts';
import type { ClaimResult, RunError, SkippedClaim, Verdict } from '../record/verdict.ts';

/** The run's verdict from its claims and errors, with the sentence that says why. */
export interface Conclusion {
  readonly verdict: Verdict;
  readonly summary: string;
}

/**
 * A broken promise that was seen stays seen, whatever else went wrong: failed outranks inconclusive. A crash or what else of
 * the board's ended the run is told before the claims, which may only show its consequences. Everything that
 * kept a claim from being judged makes the run inconclusive, and so does a run that judged nothing.
 */
export function concludeRun(
  claims: readonly ClaimResult[],
  errors: readonly RunError[],
  skipped: readonly SkippedClaim[] = [],
): Conclusion {
  const failed = claims.filter(({ verdict }) => verdict === 'failed');
  const open = claims.filter(({ verdict }) => verdict === 'inconclusive');
  const dutError = errors.find(({ fault }) => fault === 'dut');
  const benchError = errors.find(({ fault }) => fault !== 'dut');
  if (dutError) return { verdict: 'failed', summary: firstLine(dutError) };
  if (failed.length > 0) {
    const others = failed.length === 1 ? '' : ` and ${failed.length - 1} more`;
    return { verdict: 'failed', summary: `${failed[0]?.title ?? ''}${others}: not kept` };
  }
  if (benchError) return { verdict: 'inconclusive', summary: firstLine(benchError) };
  if (open.length > 0) {
    return {
      verdict: 'inconclusive',
      summary: `${open.length} of ${claims.length} claims could not be judged`,
    };
  }
  if (claims.length === 0) {
    return { verdict: 'inconclusive', summary: 'NOTHING_JUDGED: no claim was run, so nothing was measured' };
  }
  return { verdict: 'passed', summary: `all ${claims.length} claims hold${besides(skipped)}` };
}

/**
 * An observation that ended early is proof of a fault; of anything else it is too short to be one. Is there no fault, then
 * the decision to end it was wrong.
 */
export function judgeEarlyEnd(
  claims: readonly ClaimResult[],
  endedBy: EndOfWindow | undefined,
): BenchError | undefined {
  if (endedBy === undefined || claims.some(({ verdict }) => verdict === 'failed')) return undefined;
  return new BenchError('CUT_SHORT', {
    what: `The observation ended early because ${endedBy.claim} looked broken (${endedBy.finding}), but no claim failed`,
    next: 'run again; if it stays so, report it with the run record: the claim and the early decision contradict each other',
  });
}

/** Stopped from outside: what was judged by then is no verdict. */
export const interrupted = { verdict: 'interrupted', summary: 'stopped before there was a verdict' } as const;

/** Exit code of a run: docs/architecture.md. */
export const exitCodes = { passed: 0, failed: 1, inconclusive: 2, interrupted: 130 } as const;
export const wrongUsageExitCode = 64;

function besides({ length }: readonly SkippedClaim[]): string {
  return length === 0 ? '' : `, ${length} could not be asked of this board`;
}

function firstLine({ message }: RunError): string {
  return message.split('\n', 1)[0] ?? '';
}
