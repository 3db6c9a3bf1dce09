import { join } from 'node:path';
import { restoreError, type PortableError } from '../errors.ts';
import { startProgram, type RunningProgram } from '../process/start-program.ts';
import { boardStallsFile } from '../record/board-stalls.ts';
import type { Fault } from './parts/fault.ts';

export interface BoardProcessStart {
  /** Root of the repository. */
  readonly root: string;
  /** The command of `scripts/` that is the board: `virtual-board`. */
  readonly script: 'virtual-board' | 'program-board';
  readonly args: readonly string[];
  /** Folder of the run, where it notes when this host held the board up. */
  readonly recordDir: string;
  /** As it is called in errors. */
  readonly name: string;
  readonly signal: AbortSignal;
}

/** A board that is a program of ours, in a process of its own; it ends with us. */
export interface BoardProcess extends AsyncDisposable {
  /** Its serial port, `rfc2217://127.0.0.1:4000`. */
  readonly url: string;
  /** Makes something go wrong on it; for a virtual board only. @throws what the board says against it. */
  inject(fault: Fault): Promise<void>;
}

/** Starting takes 0.3 s on a quiet machine. */
const startTimeoutMs = 20_000;

/**
 * Starts a board of ours: the very program that a user would start, reached as an outside tool would reach it.
 *
 * @throws BenchError PROGRAM_ENDED, PROGRAM_SILENT.
 */
export async function startBoardProcess(start: BoardProcessStart): Promise<BoardProcess> {
  const { root, script, args, recordDir, name, signal } = start;
  const ownArgs = ['--json', '--end-with-stdin', '--stalls', join(recordDir, boardStallsFile)];
  const program: RunningProgram = await startProgram({
    command: process.execPath,
    args: [join(root, 'scripts/start.cjs'), script, ...ownArgs, ...args],
    name,
    readyTimeoutMs: startTimeoutMs,
    signal,
  });
  const { rfc2217: url } = JSON.parse(program.firstLine) as { readonly rfc2217: string };
  return {
    url,
    inject: async (fault) => {
      const { error } = JSON.parse(await program.ask(fault)) as { readonly error?: PortableError };
      if (error !== undefined) throw restoreError(error);
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
