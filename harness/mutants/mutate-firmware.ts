import { appendFile, cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../errors.ts';
import { lastLines, runTool } from '../process/run-tool.ts';
import { mutantsDir } from './list-mutants.ts';
import type { Mutant } from './mutant.ts';

export interface MutationOptions {
  /** Root of the repository. */
  readonly root: string;
  /** Where the broken copy goes; must not exist. */
  readonly dir: string;
  readonly signal?: AbortSignal | undefined;
}

/** The shim's defaults outrank the project's on a virtual board, and these lines are to outrank both. */
const configFile = 'host/sdkconfig.defaults';

/** What builds leave in the firmware's folder, and what menuconfig of this checkout has chosen. */
const notSource = /\/(?:build[^/]*|sdkconfig(?:\.old)?|managed_components|dependencies\.lock)$/;

/** Copies the firmware, without what its builds left behind. */
export async function copyFirmware({ root, dir }: MutationOptions): Promise<void> {
  await cp(join(root, 'firmware'), dir, { recursive: true, filter: (source) => !notSource.test(source) });
}

/**
 * Makes the mutant: a copy of the firmware, its diff applied, its options set.
 *
 * @throws UsageError MUTANT_DOES_NOT_APPLY when the firmware has changed where the diff changes it.
 */
export async function mutateFirmware(mutant: Mutant, options: MutationOptions): Promise<void> {
  const { root, dir, signal } = options;
  await copyFirmware(options);
  if (mutant.hasDiff) {
    const patch = join(mutantsDir(root), `${mutant.name}.patch`);
    const { exitCode, stderr } = await runTool({
      command: 'git',
      args: ['apply', '--whitespace=nowarn', patch],
      cwd: dir,
      // The copy is no part of any repository, wherever it lies: git would skip what is not its own, and say nothing.
      env: { GIT_CEILING_DIRECTORIES: dirname(dir), GIT_DIR: undefined, GIT_WORK_TREE: undefined },
      signal,
    });
    if (exitCode !== 0) {
      throw new UsageError('MUTANT_DOES_NOT_APPLY', {
        what: `The diff of "${mutant.name}" does not fit the firmware any more`,
        where: `specs/mutants/${mutant.name}.patch`,
        evidence: lastLines(stderr),
        next: 'make the same change to firmware/ by hand, and put `git diff --relative=firmware firmware` in its place',
      });
    }
  }
  if (mutant.config.length > 0) await appendFile(join(dir, configFile), `\n${mutant.config.join('\n')}\n`);
}
