import { closeSync, openSync, writeSync } from 'node:fs';
import { BenchError } from '../errors.ts';
import type { BenchHealth, SerialGap, SerialLine, SerialLink } from '../record/events.ts';

/** Where a console is written down. */
export interface ConsoleFiles {
  /** Gets every byte as it came, but for secrets. Appended to. */
  readonly rawFile: string;
  /** Gets lines, the reader's health, gaps and the link's latency, one JSON object a line. Appended to. */
  readonly eventsFile: string;
}

/**
 * The two files of a console. What was handed over is written when the call returns, so that a killed run keeps it.
 *
 * @throws BenchError `RECORD_FAILED`, from every method but `close`.
 */
export class ConsoleRecord {
  #raw: number;
  #events: number;

  constructor({ rawFile, eventsFile }: ConsoleFiles) {
    this.#raw = open(rawFile);
    this.#events = open(eventsFile);
  }

  /** Writes what follows to other files. When they can't be opened, the old ones stay in use. */
  switchTo({ rawFile, eventsFile }: ConsoleFiles): void {
    const next = new ConsoleRecord({ rawFile, eventsFile });
    this.close();
    this.#raw = next.#raw;
    this.#events = next.#events;
  }

  addBytes(bytes: Buffer): void {
    write(this.#raw, bytes);
  }

  addEvents(events: readonly (SerialLine | BenchHealth | SerialGap | SerialLink)[]): void {
    write(this.#events, Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')));
  }

  close(): void {
    closeSync(this.#raw);
    closeSync(this.#events);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (error) {
    throw recordFailed(error);
  }
}

function write(file: number, bytes: Buffer): void {
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } catch (error) {
    throw recordFailed(error);
  }
}

/** The message of a file system's error names the file. */
function recordFailed(error: unknown): BenchError {
  return new BenchError('RECORD_FAILED', {
    what: `The console's record can't be written: ${error instanceof Error ? error.message : String(error)}`,
    next: 'make room on the disk, or choose a folder that can be written to',
    cause: error,
  });
}
