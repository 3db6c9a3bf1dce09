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
  /** By which line on its standard error it says that it is ready; absent: by any on its standard output. */
  readonly readyPattern?: RegExp;
  readonly signal?: AbortSignal;
  /** Gets each line of its standard output, the first one too. */
  readonly onLine?: (line: string) => void;
}

/** A program that runs beside the harness and ends with it: its standard input is a pipe that closes with ours. */
export interface RunningProgram extends AsyncDisposable {
  /** The line by which the program says that it is ready. */
  readonly firstLine: string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /**
   * Writes one line to its standard input and resolves with the next line that it prints: its answer. One question at a
   * time is the caller's to see to.
   *
   * @throws BenchError PROGRAM_ENDED, PROGRAM_SILENT.
   */
  ask(line: string): Promise<string>;
}

/** What it printed last, for the error when it ends too early. */
const keptLines = 8;
const endTimeoutMs = 2_000;
/** An answer takes milliseconds; the rest is left to a loaded host. */
const answerTimeoutMs = 30_000;

/**
 * Starts a program in a process group of its own (so that Ctrl-C reaches it through us, in order) and waits until it says that it
 * is ready.
 *
 * @throws BenchError PROGRAM_ENDED, PROGRAM_SILENT, with the last lines of its standard error.
 */
export async function startProgram(start: ProgramStart): Promise<RunningProgram> {
  const { command, args, name, readyTimeoutMs, signal } = start;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const errorLines: string[] = [];
  const errors = createInterface({ input: child.stderr });
  errors.on('line', (line) => {
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
  const output = createInterface({ input: child.stdout });
  if (start.onLine) output.on('line', start.onLine);
  const where = [command, ...args].join(' ');
  const nextAnswer = (): Promise<string> => new Promise((resolve) => output.once('line', resolve));
  const lineLike = (pattern: RegExp): Promise<string> =>
    new Promise((resolve) => {
      errors.on('line', (line) => {
        if (pattern.test(line)) resolve(line);
      });
    });
  /** Waits for a line; `what` it is to tell, for errors. */
  const expectLine = async (heard: Promise<string>, what: string, timeoutMs: number): Promise<string> => {
    const gone = ended.then((): never => {
      const exitCode = child.exitCode ?? child.signalCode ?? 'unknown';
      throw new BenchError('PROGRAM_ENDED', {
        what: `The ${name} ended before it said ${what} (exit code ${exitCode})`,
        where,
        evidence: errorLines,
      });
    });
    gone.catch(() => undefined);
    return await withDeadline(Promise.race([heard, gone]), {
      timeoutMs,
      waitingFor: `the ${name} to say ${what}`,
      signal,
      onTimeout: () =>
        new BenchError('PROGRAM_SILENT', {
          what: `The ${name} did not say ${what} within ${timeoutMs / 1000} s`,
          where,
          evidence: errorLines,
        }),
    });
  };
  try {
    return {
      firstLine: await expectLine(
        start.readyPattern ? lineLike(start.readyPattern) : nextAnswer(),
        'that it is ready',
        readyTimeoutMs,
      ),
      ended,
      ask: (line) => {
        child.stdin.write(`${line}\n`);
        return expectLine(nextAnswer(), `what became of "${line}"`, answerTimeoutMs);
      },
      [Symbol.asyncDispose]: () => end(child, ended),
    };
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
