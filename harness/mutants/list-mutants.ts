import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { parseMutant, type Mutant } from './mutant.ts';

const suffix = '.patch';

/** Folder of the mutants. */
export function mutantsDir(root: string): string {
  return join(root, 'specs/mutants');
}

/** All mutants, by name. */
export function listMutants(root: string): Mutant[] {
  return readdirSync(mutantsDir(root))
    .filter((file) => file.endsWith(suffix))
    .sort()
    .map((file) =>
      parseMutant(file.slice(0, -suffix.length), readFileSync(join(mutantsDir(root), file), 'utf8')),
    );
}

/** @throws UsageError NO_SUCH_MUTANT with the names that there are. */
export function findMutants(all: readonly Mutant[], names: readonly string[]): Mutant[] {
  return names.map((name) => {
    const mutant = all.find((candidate) => candidate.name === name);
    if (mutant !== undefined) return mutant;
    throw new UsageError('NO_SUCH_MUTANT', {
      what: `There is no mutant named "${name}"`,
      where: 'specs/mutants',
      next: `choose one of ${all.map((mutant) => mutant.name).join(', ')}`,
    });
  });
}
