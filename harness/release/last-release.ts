import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statementFile } from './seal-evidence.ts';
import type { ReleasePredicate, Statement } from './statement.ts';

/**
 * The evidence folder of the last release that passed, on a board of that tier; of rehearsals, the last rehearsal. Undefined: there is
 * none yet.
 *
 * @param dir - `releases/`: a folder a release, with one a run in it
 */
export function findLastRelease(
  dir: string,
  wanted: { readonly tier: string; readonly isRehearsal: boolean },
): string | undefined {
  const found = subfolders(dir)
    .flatMap((release) => subfolders(release))
    .flatMap((folder) => {
      const release = readPredicate(folder);
      const isFit =
        release?.verdict === 'passed' &&
        release.rehearsal === wanted.isRehearsal &&
        release.board.tier === wanted.tier;
      return isFit ? [{ folder, judgedAt: release.judgedAt }] : [];
    });
  return found.sort((a, b) => (a.judgedAt < b.judgedAt ? 1 : -1))[0]?.folder;
}

function subfolders(dir: string): string[] {
  try {
    const entries = readdirSync(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(dir, name));
  } catch {
    return [];
  }
}

/** Undefined of a folder that holds something else: people keep other things beside their releases. */
function readPredicate(folder: string): ReleasePredicate | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, statementFile), 'utf8')) as Statement).predicate;
  } catch {
    return undefined;
  }
}
