import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { readRun } from '../record/read-run.ts';
import type { Baseline, RunSubject } from '../record/run-figures.ts';
import { baselinePath, readBaseline } from './baseline-file.ts';
import { measureRecord } from './measure-record.ts';

/** What a run is compared with. */
export interface Reference {
  /** As a person would type it. */
  readonly name: string;
  /** The baseline for this kind of run; a reason where there is none. */
  readonly find: (subject: RunSubject) => Baseline | { readonly reason: string };
}

export interface Place {
  /** Root of the repository: its `runs/` are known by their ids, its `releases/` by their names. */
  readonly root: string;
  /** What paths are relative to. */
  readonly cwd?: string;
}

/**
 * Opens what `--compare` names: a run's folder or id, a folder that holds runs, the name of a release, a baseline file, or a folder of
 * baseline files.
 * Nothing but the last needs to be known of the run that is to come, so what is wrong with the others is told before it.
 *
 * @throws UsageError NO_REFERENCE when there is nothing to compare with, NO_RUN, BASELINE_INVALID.
 */
export function openReference(given: string, { root, cwd = process.cwd() }: Place): Reference {
  const candidates = [resolve(cwd, given), join(root, 'runs', given), join(root, 'releases', given)];
  const path = candidates.find((candidate) => existsSync(candidate));
  if (path === undefined) throw noReference(given, 'There is no such run or baseline');
  // `runs/latest` is another run as soon as the next one begins.
  const real = realpathSync(path);
  const nameOf = (dir: string) => (relative(root, dir).startsWith('..') ? dir : relative(root, dir));
  const name = nameOf(real);
  if (statSync(real).isFile()) return fixed(name, readBaseline(real));
  const runDir = findRun(real);
  if (runDir !== undefined) return fixed(nameOf(runDir), baselineOfRun(runDir, nameOf(runDir)));
  if (!readdirSync(real).some((file) => file.endsWith('.json'))) {
    throw noReference(given, 'The folder holds neither a run that has passed nor baselines');
  }
  return { name, find: (subject) => findBaseline(real, name, subject) };
}

function fixed(name: string, baseline: Baseline): Reference {
  return { name, find: () => baseline };
}

/** The folder itself, or the newest run in it that has passed: as runs lie in `runs/`, and their evidence in `releases/`. */
function findRun(dir: string): string | undefined {
  if (isRun(dir)) return dir;
  const records = foldersIn(dir)
    .flatMap((folder) => [folder, ...foldersIn(folder)])
    .filter((folder) => isRun(folder))
    .map((folder) => ({ folder, record: readRun(folder) }))
    .filter(({ record: { result } }) => result?.verdict === 'passed')
    .sort((a, b) => a.record.header.startedAt.localeCompare(b.record.header.startedAt));
  return records.at(-1)?.folder;
}

function isRun(folder: string): boolean {
  return existsSync(join(folder, 'run.json'));
}

function foldersIn(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(dir, name));
}

function baselineOfRun(dir: string, name: string): Baseline {
  const measured = measureRecord(readRun(dir));
  if (measured === undefined) {
    throw noReference(name, 'The run has no undisturbed observation to compare with: it ended before');
  }
  return { schema: 1, subject: measured.subject, runs: [measured.figures] };
}

function findBaseline(dir: string, name: string, subject: RunSubject): ReturnType<Reference['find']> {
  const file = baselinePath(dir, subject);
  if (existsSync(file)) return readBaseline(file);
  return {
    reason: `NO_BASELINE: there is none for this firmware and kind of board in ${name}. Next: make one, of a run that you trust: npm run hil -- --write-baseline ${baselinePath(name, subject)}`,
  };
}

function noReference(given: string, what: string): UsageError {
  return new UsageError('NO_REFERENCE', {
    what,
    where: given,
    next: 'give the folder or id of a run in runs/, the name of a release, a baseline file, or a folder of baseline files',
  });
}
