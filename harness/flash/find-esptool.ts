import { BenchError } from '../errors.ts';
import { runTool } from '../process/run-tool.ts';

/** An esptool that can be run. */
export interface Esptool {
  readonly command: string;
  /** What stands before esptool's own arguments: `-m esptool`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `5.6.0` */
  readonly version: string;
}

interface EsptoolSearch {
  /** Environment of an ESP-IDF, whose Python has the esptool that belongs to it; absent: only this process's own. */
  readonly idfEnv?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The esptool to use: `HIL_ESPTOOL`, that of the ESP-IDF in use, else the one in PATH or in `python3`. Undefined when there is none.
 * esptool 4 and 5 both serve: which it is stands in its version.
 */
export async function findEsptool({ idfEnv, signal }: EsptoolSearch): Promise<Esptool | undefined> {
  const named = process.env['HIL_ESPTOOL'];
  const candidates = [
    ...(named === undefined || named === '' ? [] : [{ command: named, args: [], env: {} }]),
    ...(idfEnv === undefined ? [] : [{ command: 'python', args: ['-m', 'esptool'], env: idfEnv }]),
    { command: 'esptool', args: [], env: {} },
    { command: 'esptool.py', args: [], env: {} },
    { command: 'python3', args: ['-m', 'esptool'], env: {} },
  ];
  for (const candidate of candidates) {
    const version = await askVersion(candidate, signal);
    if (version !== undefined) return { ...candidate, version };
  }
  return undefined;
}

/** Whether a version is at least another; both as `5.6.0`. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** `5.6.0`; undefined when it is no esptool, or can't be run. */
export async function askVersion(
  { command, args, env }: Omit<Esptool, 'version'>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const { stdout } = await runTool({
      command,
      args: [...args, 'version'],
      env,
      signal,
      timeoutMs: 30_000,
    });
    return /^esptool(?:\.py)? v(\d+\.\d+(?:\.\d+)?)/m.exec(stdout)?.[1];
  } catch (error) {
    // Not this one: there is none, or it hangs.
    if (error instanceof BenchError && error.code.startsWith('TOOL_')) return undefined;
    throw error;
  }
}
