import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RunEvent, RunHeader } from './events.ts';
import type { ClaimResult, RunResult } from './verdict.ts';

/**
 * Writes the record of one run while it goes on: everything is on disk before anybody judges it, so that a killed
 * run keeps all that was seen. Files and fields: docs/run-record.md.
 *
 * The serial and the server thread write their own files (`serial.log`, `serial.jsonl`, `datagrams.jsonl`) into the
 * same folder; this class gives them the paths.
 */
export class RunRecorder {
  /** The run's folder. */
  readonly dir: string;
  #header: RunHeader;

  constructor(runsDir: string, header: RunHeader) {
    this.dir = join(runsDir, header.id);
    this.#header = header;
    mkdirSync(this.dir, { recursive: true });
    this.#writeJson('run.json', header);
    pointLatestAt(runsDir, this.dir);
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
    appendFileSync(this.file('events.jsonl'), `${JSON.stringify(event)}\n`);
  }

  appendClaim(claim: ClaimResult): void {
    appendFileSync(this.file('claims.jsonl'), `${JSON.stringify(claim)}\n`);
  }

  /** The last thing a run writes: a folder without `verdict.json` is a run that did not end by itself. */
  writeResult(result: RunResult): void {
    this.#writeJson('verdict.json', result);
  }

  #writeJson(name: string, value: unknown): void {
    // Written beside and renamed: a reader never sees half of it.
    const temporary = this.file(`.${name}.tmp`);
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(temporary, this.file(name));
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
