import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BenchError } from '../errors.ts';
import { parseAddr2line, type Call } from '../log/call-stack.ts';
import { runTool } from '../process/run-tool.ts';
import type { BuildDirectory } from './build-directory.ts';

/** What became of addresses: the calls, or why they couldn't be looked up and what to do about it. */
export type Located = { readonly calls: readonly Call[] } | { readonly obstacle: string };

/** A big application's ELF has tens of MB and takes a second. */
const timeoutMs = 10_000;

/**
 * Looks addresses of the built program up in its ELF: function, file and line. By the `addr2line` of the toolchain that has
 * built it; where that isn't at hand, by LLVM's, which knows all chips.
 */
export async function locateAddresses(
  addresses: readonly number[],
  build: BuildDirectory,
  signal?: AbortSignal,
): Promise<Located> {
  if (!existsSync(build.appElfPath)) {
    return { obstacle: `the ELF file ${build.appElfPath} is not there: keep it beside the image` };
  }
  const wanted = addresses.map((address) => `0x${address.toString(16)}`);
  const args = ['-fiaC', '-e', build.appElfPath, ...wanted];
  const commands = addr2lineCommands(build);
  let isKnown = true;
  for (const command of commands) {
    const output = await tryTool(command, args, signal);
    if (output === undefined) continue;
    const calls = parseAddr2line(output);
    if (calls.some(({ functionName }) => functionName !== undefined)) return { calls };
    // LLVM's says so, too, of a file that is no ELF at all.
    isKnown = false;
  }
  if (!isKnown) return { obstacle: `${build.appElfPath} knows none of these addresses` };
  return { obstacle: `no ${commands.join(' or ')} can be run: ${whatToInstall(build)}` };
}

/** In the order in which they are tried. */
function addr2lineCommands({ compilerPath, toolPrefix }: BuildDirectory): string[] {
  const tool = `${toolPrefix}addr2line`;
  // Beside the compiler it lies also where the toolchain is not on the PATH.
  const sibling = compilerPath === undefined ? [] : [join(dirname(compilerPath), tool)].filter(existsSync);
  return [...sibling, tool, 'llvm-addr2line'];
}

/** @returns undefined when there is no such tool, or it fails: it can't read the ELF. */
export async function tryTool(
  command: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await runTool({ command, args, signal, timeoutMs });
    return exitCode === 0 ? stdout : undefined;
  } catch (error) {
    if (error instanceof BenchError) return undefined;
    throw error;
  }
}

function whatToInstall({ toolPrefix, target }: BuildDirectory): string {
  return toolPrefix === ''
    ? 'install binutils'
    : `run ESP-IDF's export.sh (\`. $IDF_PATH/export.sh\`), or install its tools for the ${target} (\`$IDF_PATH/install.sh ${target}\`)`;
}
