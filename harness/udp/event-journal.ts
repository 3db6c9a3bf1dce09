import { closeSync, openSync, writeFileSync } from 'node:fs';
import { BenchError } from '../errors.ts';

/**
 * Keeps the books: writes events to a file, one JSON object a line, then passes them on in batches. Both wait until
 * the event loop has handled all datagrams that it had read, so that no answer waits for a disk.
 */
export class EventJournal<Event> implements Disposable {
  private file: string | undefined;
  private readonly passOn: (events: Event[]) => void;
  private readonly onError: (error: Error) => void;
  private descriptor: number | undefined;
  private waiting: Event[] = [];

  /**
   * Without `file`, events are passed on only.
   *
   * @throws BenchError JOURNAL_FAILED when the file can't be opened.
   */
  constructor(file: string | undefined, passOn: (events: Event[]) => void, onError: (error: Error) => void) {
    this.file = file;
    this.passOn = passOn;
    this.onError = onError;
    this.descriptor = file === undefined ? undefined : openForAppending(file);
  }

  record(event: Event): void {
    if (this.waiting.push(event) === 1) setImmediate(() => this.flush());
  }

  /** Writes and passes on now what waits. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const events = this.waiting;
    this.waiting = [];
    this.write(events);
    this.passOn(events);
  }

  /**
   * Writes what follows to another file; what waits goes to the old one.
   *
   * @throws BenchError JOURNAL_FAILED when the file can't be opened; the old one stays in use then.
   */
  switchTo(file: string): void {
    const next = openForAppending(file);
    this.flush();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = next;
    this.file = file;
  }

  [Symbol.dispose](): void {
    this.flush();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** A full disk must not stop the server, or the board would be judged by it: say it once and go on without a file. */
  private write(events: Event[]): void {
    if (this.descriptor === undefined) return;
    try {
      writeFileSync(this.descriptor, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    } catch (error) {
      this.descriptor = undefined;
      this.onError(journalError(this.file, error));
    }
  }
}

function openForAppending(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw journalError(file, error);
  }
}

function journalError(file: string | undefined, cause: unknown): BenchError {
  return new BenchError('JOURNAL_FAILED', {
    what: `Can't write the events of the ack server: ${cause instanceof Error ? cause.message : String(cause)}`,
    where: file ?? 'no file',
    cause,
  });
}
