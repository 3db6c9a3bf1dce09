import type { BuildDirectory } from '../build/build-directory.ts';
import { locateAddresses, type Located } from '../build/locate-addresses.ts';
import { unwindStack } from '../build/unwind-stack.ts';
import { blamedCall } from '../log/call-stack.ts';
import { describeCrash } from '../log/crash.ts';
import type { CrashDump } from '../log/crash-dump.ts';
import type { CrashReport } from '../record/crash-report.ts';

export interface CrashScene {
  readonly afterMs: number;
  /** The board's last lines before it. */
  readonly lastLines: readonly string[];
  /** Its lines from the first word of the crash on. */
  readonly panic: readonly string[];
}

/** Looks a crash up in the ELF of the build that was flashed; `undefined`: none was. */
export async function reportCrash(
  dump: CrashDump,
  { panic, ...scene }: CrashScene,
  build: BuildDirectory | undefined,
  signal: AbortSignal,
): Promise<CrashReport> {
  const told = { cause: describeCrash(dump.cause), ...scene };
  if (build === undefined || dump.addresses.length === 0) return { ...told, calls: [] };
  const located = await locate(dump, panic, build, signal);
  if ('obstacle' in located) {
    const addresses = dump.addresses.map((address) => `0x${address.toString(16)}`);
    return { ...told, calls: [], addresses, obstacle: located.obstacle };
  }
  const { calls, guess } = located;
  const blamed = blamedCall(calls, build.projectDir);
  return { ...told, calls, ...(guess !== undefined && { guess }), ...(blamed && { blamed }) };
}

/**
 * Addresses of another image would name wrong functions: then none is better. A stack that can't be unwound leaves the place of
 * the crash, and a return address that may be stale.
 */
async function locate(
  dump: CrashDump,
  panic: readonly string[],
  build: BuildDirectory,
  signal: AbortSignal,
): Promise<Located & { readonly guess?: string }> {
  const { elfSha256 } = build;
  const { elfSha256Prefix: running } = dump;
  if (elfSha256 !== undefined && running !== undefined && !elfSha256.startsWith(running.slice(0, 64))) {
    return {
      obstacle: `the image that crashed was made from another ELF (SHA-256 ${running}…) than the one at hand (${elfSha256.slice(0, 9)}…)`,
    };
  }
  const [programCounter = 0] = dump.addresses;
  const unwound = await unwindStack(panic, programCounter, build, signal);
  if (unwound !== undefined && 'calls' in unwound) return unwound;
  const located = await locateAddresses(dump.addresses, build, signal);
  return unwound === undefined || 'obstacle' in located ? located : { ...located, guess: unwound.obstacle };
}
