import type { CrashReport } from './record/crash-report.ts';

/**
 * Whose fault was it? Each error of the harness belongs to one of three branches, and the branch alone
 * decides the outcome: `UsageError` (how the harness was called or configured: exit 64), `BenchError`
 * (the bench could not judge: inconclusive, exit 2), `DutError` (the firmware broke its promise: failed, exit 1).
 */
export type Fault = 'usage' | 'bench' | 'dut';

/** What an error says, beside its `code`: see {@link HilError}. */
export interface ErrorStory {
  /** What happened, with the values: a full sentence without its final full stop. */
  readonly what: string;
  /** Where: a file, a port, an address. */
  readonly where?: string;
  /** The last evidence seen, oldest first: log lines, tool output. */
  readonly evidence?: readonly string[];
  /** What the reader does next: an imperative sentence, with the command where there is one. */
  readonly next?: string;
  /** The crash of the board that it is about. */
  readonly crash?: CrashReport;
  readonly cause?: unknown;
}

/** Base of all errors that a user of the harness may read. Printed by its message, never by its stack. */
export abstract class HilError extends Error {
  abstract readonly fault: Fault;
  /** For programs and for looking it up, e.g. `PORT_BUSY`. Upper case, stable over versions. */
  readonly code: string;
  readonly story: ErrorStory;

  constructor(code: string, story: ErrorStory) {
    super(tell(code, story), { cause: story.cause });
    this.name = new.target.name;
    this.code = code;
    this.story = story;
  }
}

/** The call or the configuration is wrong; nothing was tried. */
export class UsageError extends HilError {
  readonly fault = 'usage';
}

/** A tool, a port, a lock, the network or the host failed: the run can't judge the firmware. */
export class BenchError extends HilError {
  readonly fault = 'bench';
}

/** The device under test broke its promise. */
export class DutError extends HilError {
  readonly fault = 'dut';
}

/**
 * Code of the error that a fixture throws when what a claim asks for is not to be had here: a recorded run was made without it. The
 * claim is then skipped, with the error's words.
 */
export const unmetNeed = 'NEED_UNMET';

function tell(code: string, { what, where, evidence = [], next }: ErrorStory): string {
  const lines = [`${code}: ${what}${where === undefined ? '' : ` (${where})`}.`];
  lines.push(...evidence.map((line) => `  | ${line}`));
  if (next !== undefined) lines.push(`Next: ${next}`);
  return lines.join('\n');
}

/** An error as plain data, to cross a thread's border or to be written down. */
export interface PortableError {
  /** `harness`: not one of ours, so a defect of the harness itself. */
  readonly fault: Fault | 'harness';
  readonly code: string;
  readonly message: string;
  readonly story?: ErrorStory;
}

/** Any error as plain data. The cause stays behind: it may hold what can't be cloned. */
export function describeError(error: unknown): PortableError {
  if (error instanceof HilError) {
    const story: ErrorStory = { ...error.story, cause: undefined };
    return { fault: error.fault, code: error.code, message: error.message, story };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { fault: 'harness', code: 'HARNESS_DEFECT', message };
}

/** The error again, in its own class. */
export function restoreError({ fault, code, message, story = { what: message } }: PortableError): Error {
  switch (fault) {
    case 'usage':
      return new UsageError(code, story);
    case 'bench':
      return new BenchError(code, story);
    case 'dut':
      return new DutError(code, story);
    case 'harness':
      return new Error(message);
  }
}
