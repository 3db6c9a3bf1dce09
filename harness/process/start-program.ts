import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchError } from '../errors.ts';
import { withDeadline } from '../time/deadline.ts';

export interface ProgramStart {
  readonly command: string;
  readonly args: readonly string[];
  /** As it is called in errors: "virtual board". */
  readonly name: string;
  readonly readyTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A program that runs beside the harness and ends with it: its standard input is a pipe that closes with ours. */
export interface RunningProgram extends AsyncDisposable {
  /** The first line on its standard output: by it the program says that it is ready. */
  readonly firstLine: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** What it printed last, for the error when it ends too early. */
const keptLines = 8;
const endTimeoutMs = 2_000;

/**
 * Starts a program in a process group of its own (so that Ctrl-C reaches it through us, in order) and waits for its
 * first line.
 *
 * @throws BenchError PROGRAM_ENDED, PROGRAM_SILENT, with the last lines of its standard error.
 */
export async function startProgram(start: ProgramStart): Promise<RunningProgram> {
  const { command, args, name, readyTimeoutMs, signal } = start;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const errorLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    errorLines.push(line);
    if (errorLines.length > keptLines) errorLines.shift();
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      errorLines.push(error.message);
      resolve();
    });
  });
  // A program that ends while we write to it is told by `ended`.
  child.stdin.on('error', () => undefined);
  const firstLine = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  const endedTooEarly = ended.then((): never => {
    throw new BenchError('PROGRAM_ENDED', {
      what: `The ${name} ended before it was ready (exit code ${child.exitCode ?? child.signalCode ?? 'unknown'})`,
      where: [command, ...args].join(' '),
      evidence: errorLines,
    });
  });
  try {
    const line = await withDeadline(Promise.race([firstLine, endedTooEarly]), {
      timeoutMs: readyTimeoutMs,
      waitingFor: `first line of the ${name}`,
      signal,
      onTimeout: () =>
        new BenchError('PROGRAM_SILENT', {
          what: `The ${name} did not say within ${readyTimeoutMs / 1000} s that it is ready`,
          where: [command, ...args].join(' '),
          evidence: errorLines,
        }),
    });
    endedTooEarly.catch(() => undefined);
    return { firstLine: line, ended, [Symbol.asyncDispose]: () => end(child, ended) };
  } catch (error) {
    await end(child, ended);
    throw error;
  }
}

/** Asks politely by closing standard input, then by TERM, then kills the whole group. */
async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const gone = await Promise.race([
      ended.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, endTimeoutMs, false).unref()),
    ]);
    if (gone) return;
    if (child.pid !== undefined) killGroup(child.pid, signal);
  }
  await ended;
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}
