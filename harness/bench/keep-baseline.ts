import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describeLack } from '../analysis/describe-lack.ts';
import { readRun } from '../record/read-run.ts';
import type { RunResult } from '../record/verdict.ts';
import { baselinePath, readBaseline, writeBaseline } from './baseline-file.ts';
import { measureRecord } from './measure-record.ts';

/** What became of the wish to keep a run as a baseline, in a sentence. */
export interface Kept {
  readonly isKept: boolean;
  readonly words: string;
}

/**
 * Asks before the run whether the file can be what it is to be. What does not end in `.json` is a folder.
 *
 * @throws UsageError BASELINE_INVALID when there is a file that is no baseline: it may be anything, and is not overwritten.
 */
export function checkBaselineFile(file: string): void {
  if (existsSync(file) && !statSync(file).isDirectory()) readBaseline(file);
}

function isFile(file: string): boolean {
  return file.endsWith('.json');
}

/**
 * Puts a run into a baseline file, or into that of its kind in a folder. Only a run that has passed, and whose host was on time, is
 * what others are measured by.
 */
export function keepBaseline(file: string, { verdict, record }: RunResult, root: string): Kept {
  const refuse = (why: string): Kept => ({ isKept: false, words: `no baseline written: ${why}` });
  if (verdict !== 'passed') return refuse(`only a run that has passed makes one, and this one is ${verdict}`);
  const measured = measureRecord(readRun(resolve(root, record)));
  if (measured === undefined) return refuse('the run holds no undisturbed observation');
  const { lacking } = measured.figures;
  if (lacking !== undefined) return refuse(describeLack(lacking, 'the run'));
  const path = isFile(file) ? file : baselinePath(file, measured.subject);
  mkdirSync(dirname(path), { recursive: true });
  const { runCount, replaced } = writeBaseline(path, measured);
  const runs = runCount === 1 ? '1 run' : `${runCount} runs`;
  const { subject, figures } = measured;
  const instead = replaced === undefined ? '' : `, instead of ${replaced}`;
  const words = `baseline: ${relative(root, path)} holds ${runs} of ${subject.project} ${figures.version}${instead}`;
  return { isKept: true, words };
}
