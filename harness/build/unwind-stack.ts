import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseGdbBacktrace } from '../log/call-stack.ts';
import type { BuildDirectory } from './build-directory.ts';
import { tryTool, type Located } from './locate-addresses.ts';

/** What plays the crashed chip for gdb: Espressif's own, which `idf.py monitor` uses as well. */
const decoder = 'esp_idf_panic_decoder';

/**
 * Unwinds the stack that a chip with RISC-V has printed when it died: registers and a piece of memory, which only the ELF's
 * unwind tables make sense of. By gdb and {@link decoder}, which are in every ESP-IDF.
 *
 * @param panic - the console's lines from the first word of the crash on.
 * @param programCounter - where it died.
 * @returns the calls, innermost first; why there are none; undefined when the lines hold no stack.
 */
export async function unwindStack(
  panic: readonly string[],
  programCounter: number,
  build: BuildDirectory,
  signal?: AbortSignal,
): Promise<Located | undefined> {
  if (!panic.some((line) => line.startsWith('Stack memory:'))) return undefined;
  const python = await findDecoder(signal);
  if (python === undefined)
    return { obstacle: `no Python with ${decoder} is there: run ESP-IDF's export.sh` };
  const folder = await mkdtemp(join(tmpdir(), 'hil-panic-'));
  try {
    const file = join(folder, 'panic.txt');
    await writeFile(file, `${panic.map((line) => line.trimEnd()).join('\n')}\n`);
    const args = [
      ...['--batch', '--nx', build.appElfPath],
      ...['-ex', 'set width 0', '-ex', 'set print frame-arguments none'],
      ...['-ex', `target remote | "${python}" -m ${decoder} "${file}"`, '-ex', 'bt'],
    ];
    for (const gdb of gdbCommands(build)) {
      const output = (await tryTool(gdb, args, signal)) ?? '';
      const calls = parseGdbBacktrace(output, programCounter);
      if (calls.length > 0) return { calls };
    }
    const gdbs = gdbCommands(build).join(' or ');
    return { obstacle: `what was printed is damaged, or no ${gdbs} is there: run ESP-IDF's export.sh` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the order in which they are tried. */
function gdbCommands({ compilerPath, toolPrefix }: BuildDirectory): string[] {
  const tool = `${toolPrefix}gdb`;
  const sibling = compilerPath === undefined ? [] : [join(dirname(compilerPath), tool)].filter(existsSync);
  return [...sibling, tool, 'gdb-multiarch'];
}

async function findDecoder(signal: AbortSignal | undefined): Promise<string | undefined> {
  const { IDF_PYTHON_ENV_PATH: environment } = process.env;
  const ofIdf = environment === undefined ? [] : [join(environment, 'bin/python')];
  for (const python of [...ofIdf, 'python', 'python3']) {
    if ((await tryTool(python, ['-c', `import ${decoder}`], signal)) !== undefined) return python;
  }
  return undefined;
}
