import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../errors.ts';
import { lastLines, runTool, type ToolResult } from '../process/run-tool.ts';
import type { Endpoint } from '../record/events.ts';
import type { RunResult } from '../record/verdict.ts';

export interface HilProcess {
  /** Root of the repository. */
  readonly root: string;
  /** Whose run it is, for the error when it ends without a verdict. */
  readonly name: string;
  /** Of `npm run hil`, without those for server and verdict. */
  readonly args: readonly string[];
  readonly server: Endpoint;
  /** File that the verdict goes through. */
  readonly jsonFile: string;
  /** What paths among `args` are relative to; default: the root. */
  readonly cwd?: string;
  /** Gets all that the run printed, when it has ended. */
  readonly logFile?: string;
  /** A run that takes longer has lost its way. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** What a run has to close its server, its board and its record when it is told to end. */
const graceMs = 15_000;

/**
 * A run in a process of its own, by the program that people run.
 *
 * @returns also when `signal` aborts: then the run's own verdict, which says that it was interrupted.
 * @throws BenchError NO_VERDICT with the last lines that it printed; `TOOL_TIMEOUT`. The signal's reason when there is none then.
 */
export async function runHilProcess(options: HilProcess): Promise<RunResult> {
  const { root, name, args, server, jsonFile, cwd = root, logFile, timeoutMs, signal, onLine } = options;
  await rm(jsonFile, { force: true });
  let ended: ToolResult | undefined;
  try {
    ended = await runTool({
      command: process.execPath,
      args: [
        ...[join(root, 'scripts/start.cjs'), 'hil', ...args],
        // An option that is given again further on outranks what comes before it.
        ...['--server-host', server.address, '--server-port', String(server.port), '--json', jsonFile],
      ],
      cwd,
      // Only one speaks to GitHub, or to the terminal.
      env: { CI: 'true', GITHUB_ACTIONS: undefined, GITHUB_STEP_SUMMARY: undefined },
      logFile,
      timeoutMs,
      graceMs,
      signal,
      onLine,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const json = await readFile(jsonFile, 'utf8').catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new BenchError('NO_VERDICT', {
      what: `The run of ${name} ended without a verdict (exit code ${ended?.exitCode ?? 'unknown'})`,
      evidence: lastLines((ended?.stdout ?? '') + (ended?.stderr ?? '')),
      cause,
    });
  });
  return JSON.parse(json) as RunResult;
}
