import type { ChildProcess } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { BenchError } from '../errors.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';

export interface ToolOptions {
  /** Looked up in PATH unless it is a path. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the tool with everything that it started. */
  readonly signal?: AbortSignal | undefined;
  /** The command and its output are appended here when it has ended, also when it was ended. */
  readonly logFile?: string | undefined;
  /** How long the tool may take; 10 minutes by default. */
  readonly timeoutMs?: number;
  /** What it has between TERM and KILL to clean up; 2 s by default. */
  readonly graceMs?: number;
  /** Called with each line of output as it comes, for progress. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface ToolResult {
  /** As a shell counts it: 128 + number of the signal that ended it. */
  readonly exitCode: number;
  /** The signal that ended it, sent by somebody else; absent: it ended by itself. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_GRACE_MS = 2000;
const groupPollMs = 10;

/**
 * Runs a tool to its end. A failure of the tool is a result, not an error: its caller knows what it means.
 *
 * The tool gets a process group of its own, no input, and its output is kept. Aborted or out of time, the whole group
 * gets TERM, then KILL. So does what is left of it when somebody else kills the tool.
 *
 * @throws {@link BenchError} `TOOL_MISSING` when there is no such command, `TOOL_TIMEOUT` when it took too long.
 * @throws the reason of `signal` when it aborts; by then the tool has ended.
 */
export async function runTool(options: ToolOptions): Promise<ToolResult> {
  const { command, args, cwd = process.cwd(), signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  const startedAt = hostNow();
  // Loaded only now: it takes 0.1 s, and a run that builds nothing runs no tool.
  const { execa } = await import('execa');
  const child = execa(command, args, {
    cwd,
    env: { ...options.env },
    stdin: 'ignore',
    all: true,
    reject: false,
    detached: true,
  });
  if (options.onLine !== undefined) createInterface({ input: child.all }).on('line', options.onLine);
  const overdue = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([overdue, ...(signal ? [signal] : [])]);
  const result = await endGroupOn(stop, child, options.graceMs ?? DEFAULT_GRACE_MS);

  const commandLine = [command, ...args].join(' ');
  if (options.logFile !== undefined) await appendLog(options.logFile, `$ ${commandLine}\n${result.all}\n`);
  signal?.throwIfAborted();
  if (result.code === 'ENOENT' || result.code === 'EACCES') throw missing(command, cwd, result.cause);
  if (overdue.aborted && result.exitCode === undefined) {
    throw new BenchError('TOOL_TIMEOUT', {
      what: `${command} did not end within ${timeoutMs} ms`,
      where: commandLine,
      evidence: lastLines(result.all),
    });
  }
  return {
    exitCode: result.exitCode ?? 128 + signalNumber(result.signal),
    ...(result.signal !== undefined && { signal: result.signal }),
    stdout: result.stdout,
    stderr: result.stderr,
    durationMs: elapsedMs(startedAt),
  };
}

/** The last lines of a tool's output that aren't empty, as evidence for an error. */
export function lastLines(output: string, count = 10): string[] {
  return output
    .split(/\r?\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

/**
 * Waits for the leader of a process group; when `stop` aborts, ends the group: TERM, then KILL. When this process exits
 * without waiting for that, KILL at once: nobody would be left to do it.
 */
async function endGroupOn<T>(
  stop: AbortSignal,
  child: Promise<T> & Pick<ChildProcess, 'once'> & { readonly pid?: number },
  graceMs: number,
): Promise<T> {
  const { pid } = child;
  if (pid === undefined) return await child;
  const kill = (): void => void signalGroup(pid, 'SIGKILL');
  let killTimer: NodeJS.Timeout | undefined;
  const terminate = (): void => {
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(kill, graceMs);
  };
  stop.addEventListener('abort', terminate, { once: true });
  process.once('exit', kill);
  // What a tool that was killed had started would go on, and hold its output open. TERM first here, too: ninja keeps its
  // compilers in groups of their own, and nobody else can end them.
  const orphaned = new AbortController();
  child.once('exit', (_, signal) => {
    if (signal === null || stop.aborted) return;
    orphaned.abort();
    terminate();
  });
  try {
    return await child;
  } finally {
    stop.removeEventListener('abort', terminate);
    if (stop.aborted || orphaned.signal.aborted) {
      // The leader has ended; what it left behind must not outlive it.
      await groupEnded(pid, graceMs);
      kill();
    }
    process.off('exit', kill);
    clearTimeout(killTimer);
  }
}

/** Waits until a process group is empty, but not for long. Nobody tells us when children of others end: it is asked for. */
async function groupEnded(pid: number, atMostMs: number): Promise<void> {
  const since = hostNow();
  while (signalGroup(pid, 0) && elapsedMs(since) < atMostMs) await setTimeoutPromise(groupPollMs);
}

/** @returns whether there was anybody in the group; signal 0 only asks. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

function signalNumber(name: string | undefined): number {
  return name === undefined ? 0 : constants.signals[name as NodeJS.Signals];
}

async function appendLog(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await appendFile(file, text);
}

function missing(command: string, cwd: string, cause: unknown): BenchError {
  return new BenchError('TOOL_MISSING', {
    what: `There is no program "${command}" that can be run`,
    where: cwd,
    next: `install ${command}, or put it in PATH`,
    cause,
  });
}
