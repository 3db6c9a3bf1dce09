import { UsageError } from '../errors.ts';
import type { Tier } from '../record/tier.ts';

/** A run that decides about a release. */
export interface ReleaseWish {
  /** Its name, and that of its tag: `v1.4.0`. */
  readonly name: string;
  /** Practice: on any board, and evidence for nothing. */
  readonly isRehearsal: boolean;
}

/** What was given on the command line, and what an ordinary run would have. */
interface Given {
  readonly release?: string | undefined;
  readonly rehearse?: boolean | undefined;
  readonly spec?: string | undefined;
  readonly profile?: string | undefined;
  readonly numbered?: boolean | undefined;
  readonly tier: Tier | undefined;
  /** Several boards were asked for. */
  readonly isSeveral: boolean;
  readonly confidence: number;
  readonly leastConfidence: number;
  readonly durationMs: number;
  readonly leastDurationMs: number;
}

/**
 * A release is judged whole: by all claims, as long and as surely as any run, on a board that is one.
 *
 * @throws UsageError WRONG_USAGE, RELEASE_BOARD
 */
export function chooseRelease(given: Given): ReleaseWish | undefined {
  const { release: name, rehearse: isRehearsal = false, tier } = given;
  if (name === undefined) {
    if (isRehearsal) throw wrongUsage('--rehearse has no meaning without --release');
    return undefined;
  }
  for (const part of ['spec', 'profile', 'numbered'] as const) {
    if (given[part] === undefined) continue;
    throw wrongUsage(
      `--${part} has no meaning beside --release: a release is our client, judged by all claims`,
    );
  }
  if (given.isSeveral) throw wrongUsage('--release takes one board: its evidence is that of one run');
  if (given.confidence < given.leastConfidence) {
    throw wrongUsage(
      `--confidence must be at least ${given.leastConfidence} for a release, got ${given.confidence}`,
    );
  }
  if (given.durationMs < given.leastDurationMs) {
    throw wrongUsage(
      `--duration must be at least ${given.leastDurationMs / 1000}s for a release, got ${given.durationMs / 1000}s`,
    );
  }
  if (!isRehearsal && tier !== 'board') {
    throw new UsageError('RELEASE_BOARD', {
      what: `A release is judged on a real board, not on ${tier === undefined ? 'the virtual one' : `--board ${tier}`}`,
      next: 'name the board: --board board, --board NAME or --port PORT; or practise: --rehearse',
    });
  }
  return { name, isRehearsal };
}

/** Length of the soak that belongs to a release, unless another one is asked for: the statement tells it. */
export function releaseSoakMs({ isRehearsal }: ReleaseWish): number {
  return isRehearsal ? 60_000 : 3_600_000;
}

function wrongUsage(what: string): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'leave it out: a release is judged like every other' });
}
