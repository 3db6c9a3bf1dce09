import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../errors.ts';

/** What was asked of `npm run mutants`. */
export interface MutantOptions {
  /** Only these; empty: all. */
  readonly only: readonly string[];
  /** Only the representative tenth. */
  readonly tenth: boolean;
  readonly jobs: number;
  /** File that gets the matrix as JSON. */
  readonly jsonFile?: string;
  readonly help: boolean;
}

/** Runs at once: boards mostly wait, and six keep two cores half busy. */
export const defaultJobs = 6;

export const mutantsUsage = `Usage: npm run mutants -- [options]

Judges broken firmwares (specs/mutants/) on virtual boards, several at once, and prints who was found out by which claim.

  --only NAME    this mutant only; may be given several times
  --tenth        the representative tenth, and the firmware as it is
  --jobs N       runs at once (default ${defaultJobs}); what the bench could not judge beside the others, it judges once more, alone
  --json FILE    write the matrix as JSON
  --help         show this

Exit code: 0 the matrix is complete (every mutant killed by the claim that should, by a message that names its bug; every
claim kills one; the firmware as it is passes), 1 it is not, 2 only because the bench could not judge, 64 wrong usage,
130 interrupted.`;

/** @throws UsageError with the option, what was expected and what was given. */
export function parseMutantOptions(args: readonly string[], cwd: string): MutantOptions {
  const { only = [], tenth = false, jobs, json, help = false } = readFlags(args);
  if (tenth && only.length > 0) throw wrongUsage('--tenth has no meaning beside --only');
  if (jobs !== undefined && !/^[1-9]\d?$/.test(jobs)) {
    throw wrongUsage(`--jobs must be a number from 1 to 99, got "${jobs}"`);
  }
  return {
    only,
    tenth,
    jobs: jobs === undefined ? defaultJobs : Number(jobs),
    ...(json !== undefined && { jsonFile: resolve(cwd, json) }),
    help,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        only: { type: 'string', multiple: true },
        tenth: { type: 'boolean' },
        jobs: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // parseArgs words it well ("Unknown option '--foo'"); only its advice on positionals is for programmers.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw wrongUsage(sentence.replace(/\.$/, ''), error);
  }
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', {
    what,
    next: 'see `npm run mutants -- --help`; options go after `--`',
    cause,
  });
}
