import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../process/run-tool.ts';
import { awaitAll } from './await-all.ts';
import { COMPILER_ENV } from './c-compiler.ts';
import { linkError } from './compiler-errors.ts';
import type { Plan } from './host-plan.ts';

export interface LinkedProgram {
  /** ELF file with symbols and debug information; it is in the build directory, too. */
  readonly elf: Buffer;
  /** The same without them. */
  readonly stripped: Buffer;
}

/**
 * Links twice from the same objects: with symbols for the debugger, and without for the flash.
 *
 * @throws {@link DutError} `LINK_FAILED`
 */
export async function link(plan: Plan, signal: AbortSignal | undefined): Promise<LinkedProgram> {
  const { project, buildDir, compiler, logFile } = plan;
  const objects = [...plan.units, plan.description].map((unit) => unit.object);
  const linkTo = async (path: string, ...flags: string[]): Promise<Buffer> => {
    const args = [...objects, ...plan.linkFlags, ...flags, '-o', path];
    const result = await runTool({ command: compiler.path, args, env: COMPILER_ENV, signal, logFile });
    if (result.exitCode !== 0) throw linkError(plan, result);
    return await readFile(path);
  };
  const [elf, stripped] = await awaitAll([
    linkTo(join(buildDir, `${project.name}.elf`)),
    linkTo(join(buildDir, 'obj', `${project.name}.stripped`), '-s'),
  ]);
  return { elf, stripped };
}
