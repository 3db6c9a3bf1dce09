import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BenchError } from '../errors.ts';
import type { RunEvent, RunHeader } from './events.ts';
import type { ClaimResult, RunResult } from './verdict.ts';

/**
 * Writes the record of one run while it goes on: everything is on disk before anybody judges it, so that a killed
 * run keeps all that was seen. Files and fields: docs/run-record.md.
 *
 * The serial and the server thread write their own files (`serial.log`, `serial.jsonl`, `datagrams.jsonl`) into the
 * same folder; this class gives them the paths.
 *
 * A disk that is full ends no run without a verdict: what can't be written is left out, and {@link failure} says so.
 */
export class RunRecorder {
  /** The run's folder. */
  readonly dir: string;
  #header: RunHeader;
  #failure: BenchError | undefined;

  /** @throws BenchError RECORD_FAILED when no record can be begun. */
  constructor(runsDir: string, header: RunHeader) {
    this.dir = join(runsDir, header.id);
    this.#header = header;
    this.#try(() => {
      mkdirSync(this.dir, { recursive: true });
    });
    this.#writeJson('run.json', header);
    if (this.#failure) throw this.#failure;
    pointLatestAt(runsDir, this.dir);
  }

  /** Why the record is not complete; absent as long as it is. */
  get failure(): BenchError | undefined {
    return this.#failure;
  }

  get id(): string {
    return this.#header.id;
  }

  get startedAt(): string {
    return this.#header.startedAt;
  }

  /** Path of a file in the run's folder. */
  file(name: string): string {
    return join(this.dir, name);
  }

  /** Adds what became known about the run (firmware, board) to `run.json`. */
  describe(known: Partial<RunHeader>): void {
    this.#header = { ...this.#header, ...known };
    this.#writeJson('run.json', this.#header);
  }

  append(event: RunEvent): void {
    this.#append('events.jsonl', event);
  }

  appendClaim(claim: ClaimResult): void {
    this.#append('claims.jsonl', claim);
  }

  /** The last thing a run writes: a folder without `verdict.json` is a run that did not end by itself. */
  writeResult(result: RunResult): void {
    this.#writeJson('verdict.json', result);
  }

  #append(name: string, value: unknown): void {
    this.#try(() => {
      appendFileSync(this.file(name), `${JSON.stringify(value)}\n`);
    });
  }

  #writeJson(name: string, value: unknown): void {
    // Written beside and renamed: a reader never sees half of it.
    const temporary = this.file(`.${name}.tmp`);
    this.#try(() => {
      try {
        writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
        renameSync(temporary, this.file(name));
      } finally {
        rmSync(temporary, { force: true });
      }
    });
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (cause) {
      this.#failure ??= new BenchError('RECORD_FAILED', {
        what: `The record of the run can't be written: ${(cause as Error).message}`,
        where: this.dir,
        next: 'make room on the disk, or see that runs/ can be written to, and run again',
        cause,
      });
    }
  }
}

/** `runs/latest` is a convenience for people; where links can't be made (Windows) there is none. */
function pointLatestAt(runsDir: string, dir: string): void {
  const link = join(runsDir, 'latest');
  try {
    rmSync(link, { force: true });
    symlinkSync(basename(dir), link);
  } catch {
    return;
  }
}
