import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ComparableRun } from '../analysis/compare-runs.ts';
import { UsageError } from '../errors.ts';
import { figureIds, type Baseline, type RunFigures, type RunSubject } from '../record/run-figures.ts';
import { tiers } from '../record/tier.ts';

const number = v.pipe(v.number('a number'), v.finite('a finite number'));
const text = v.string('a text');
const estimate = v.object({
  value: number,
  standardError: v.optional(number),
  bound: v.optional(number),
  sampleCount: v.optional(number),
});
const shape = v.object(
  {
    schema: v.literal(1, '1, the only version that this harness knows'),
    subject: v.object(
      {
        project: text,
        profile: v.optional(text),
        tier: v.picklist(tiers, `one of ${tiers.join(', ')}`),
        target: text,
        periodMs: number,
        numbered: v.optional(v.literal(true)),
      },
      'there',
    ),
    runs: v.pipe(
      v.array(
        v.object({
          id: text,
          startedAt: text,
          version: text,
          idfVersion: text,
          elfSha256: v.optional(text),
          host: v.optional(text),
          lacking: v.optional(v.picklist(['host-late', 'too-short'])),
          figures: v.record(v.picklist(figureIds, 'a figure that this harness knows'), estimate),
          wholeRoundTripUs: v.optional(number),
          serverPartUs: v.optional(number),
          roundTripQuantilesUs: v.optional(v.array(number)),
        }),
        'a list of runs',
      ),
      v.minLength(1, 'a list of one run or more'),
    ),
  },
  'there',
);

/** @throws UsageError BASELINE_INVALID */
export function readBaseline(file: string): Baseline {
  const invalid = (what: string, cause?: unknown) =>
    new UsageError('BASELINE_INVALID', {
      what,
      where: file,
      next: 'name a file that --write-baseline has written, or the folder of a run',
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalid(`The baseline can't be read: ${(cause as Error).message}`, cause);
  }
  const read = v.safeParse(shape, json);
  if (read.success) return read.output as Baseline;
  const [issue] = read.issues;
  throw invalid(`This is no baseline: ${v.getDotPath(issue) ?? 'it'} must be ${issue.message}`);
}

/** Where a folder of baselines keeps that of a firmware on a kind of board. */
export function baselinePath(dir: string, { project, profile, target, tier, numbered }: RunSubject): string {
  const name = [profile ?? project, ...(numbered ? ['numbered'] : []), target, tier].join('-');
  // A project's name is the firmware's to choose, and no way to another folder.
  return join(dir, `${name.replaceAll(/[^\w.-]/g, '_')}.json`);
}

/** Runs that a baseline keeps at most: more tell nothing new of how runs differ. */
const keptRuns = 10;

/** What became of a baseline file. */
export interface WrittenBaseline {
  readonly runCount: number;
  /** It was of another firmware before. */
  readonly replaced?: string;
}

/**
 * Puts a run into a baseline file: to those of the same image, on the same kind of board and host, or in the place of all others.
 *
 * @throws UsageError BASELINE_INVALID when there is a file that is no baseline.
 */
export function writeBaseline(file: string, { subject, figures }: ComparableRun): WrittenBaseline {
  const before = existsSync(file) ? readBaseline(file) : undefined;
  const kept = before && isSame(before, subject, figures) ? before.runs : [];
  const runs = [...kept.filter(({ id }) => id !== figures.id), figures].slice(-keptRuns);
  writeFileSync(file, renderBaseline({ schema: 1, subject, runs }));
  const [first] = before?.runs ?? [];
  return {
    runCount: runs.length,
    ...(first && kept.length === 0 && { replaced: `${before?.subject.project ?? ''} ${first.version}` }),
  };
}

function isSame(before: Baseline, subject: RunSubject, { elfSha256, host }: RunFigures): boolean {
  return (
    baselinePath('', before.subject) === baselinePath('', subject) &&
    before.subject.periodMs === subject.periodMs &&
    before.runs.every((run) => run.elfSha256 === elfSha256 && run.host === host)
  );
}

/** One figure a line, rounded to what it is known to: a change of the file shows what has changed. */
function renderBaseline(baseline: Baseline): string {
  const rounded = JSON.stringify(
    baseline,
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value),
    2,
  );
  // Figures and lists of numbers on one line each.
  const short = rounded.replaceAll(/[{[]\n\s+(?:(?:"\w+": )?[\d.e+-]+,?\n\s+)+[}\]]/g, (block) =>
    block.replaceAll(/\n\s+/g, ' '),
  );
  return `${short}\n`;
}
