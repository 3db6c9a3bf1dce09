import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Observation } from '../analysis/observation.ts';
import { summariseSlice } from '../analysis/soak-slice.ts';
import { BenchError } from '../errors.ts';
import type { Span } from '../record/events.ts';
import type { Evidence } from '../record/evidence.ts';
import type { RunRecorder } from '../record/run-recorder.ts';
import type { SoakEvent, SoakEvidence, SoakSlice } from '../record/soak.ts';
import type { SerialMonitor } from '../serial/serial-monitor.ts';
import { elapsedMs, hostNow, type HostNs } from '../time/clock.ts';
import type { AckServer } from '../udp/ack-server.ts';
import type { BoardWatch } from './board-watch.ts';
import type { Journal } from './journal.ts';

export interface SoakOptions {
  readonly soakMs: number;
  readonly monitor: SerialMonitor;
  readonly server: AckServer;
  readonly journal: Journal;
  readonly watch: BoardWatch;
  readonly recorder: RunRecorder;
  /** Asked after each line and datagram; what it throws ends the soak. */
  readonly look: () => void;
  /** What both witnesses told of a span that is just over. */
  readonly observe: (span: Span) => Promise<Evidence>;
  /** Told after each slice: how long the soak has lasted by then. */
  readonly onSlice: (slice: SoakSlice, soakedMs: number) => void;
}

/** What goes on while a soak does: a slice has 30 sends at least, and a long soak no more slices than it has minutes. */
const slicesWanted = 60;
const shortestSliceMs = 3_000;
const longestSliceMs = 60_000;

/** So many slices go into one set of files; of those, the first one and so many others are kept. */
const slicesPerSegment = 10;
const segmentsKept = 3;

/** How much of the past each slice needs: its acks, log lines and the host's own lateness come a little later. */
const kept = 5_000e6;

/**
 * Observes a board for hours, in slices: each is judged into a few figures when it is over, written down, and forgotten. Memory
 * does not grow with what was observed; files do not either, but for a line a slice.
 *
 * @throws as `BoardWatch.until`. What was written down until then is there.
 */
export async function soakBoard(options: SoakOptions): Promise<Pick<SoakEvidence, 'soakMs' | 'slices'>> {
  const { soakMs, watch, journal, recorder, look, observe, onSlice } = options;
  const sliceMs = Math.min(longestSliceMs, Math.max(shortestSliceMs, soakMs / slicesWanted));
  using checkpoints = new Checkpoints(recorder.file('soak.jsonl'));
  const segments = new Segments(options);
  const beganNs = hostNow();
  checkpoints.add({ kind: 'soak-begin', hostNs: beganNs, soakMs, sliceMs });
  const slices: SoakSlice[] = [];
  let fromNs = watch.datagrams().at(-1)?.stamp.hostNs ?? beganNs;
  try {
    for (let index = 0; elapsedMs(beganNs) < soakMs; index++) {
      if (index % slicesPerSegment === 0) await segments.next();
      // Against the begin, so that what each slice costs doesn't add up.
      const endMs = Math.min(soakMs, (index + 1) * sliceMs);
      await watch.linger(Math.max(0, endMs - elapsedMs(beganNs)), () => {
        look();
        return undefined;
      });
      const lastNs = watch.datagrams().at(-1)?.stamp.hostNs ?? fromNs;
      // A board that was silent all the time has missed what the time held.
      const toNs: HostNs = lastNs > fromNs ? lastNs : hostNow();
      const observation = new Observation(await observe({ fromNs, toNs }));
      const slice = summariseSlice(observation, { index, harnessBytes: process.memoryUsage.rss() });
      checkpoints.add(slice);
      slices.push(slice);
      onSlice(slice, elapsedMs(beganNs));
      journal.forget((toNs - kept) as HostNs);
      fromNs = toNs;
    }
  } finally {
    await segments.end();
  }
  checkpoints.add({ kind: 'soak-end', hostNs: hostNow() });
  return { soakMs, slices };
}

/** `soak.jsonl`: what is in it stays, whatever becomes of process and host. */
class Checkpoints implements Disposable {
  readonly #file: number;

  constructor(path: string) {
    this.#file = attempt(path, () => openSync(path, 'a'));
  }

  add(event: SoakEvent): void {
    attempt('soak.jsonl', () => {
      writeSync(this.#file, `${JSON.stringify(event)}\n`);
      fsyncSync(this.#file);
    });
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** The files that witnesses write to: one set after the other, of which only some are kept. */
class Segments {
  readonly #options: SoakOptions;
  readonly #dir: string;
  #count = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#dir = options.recorder.file('soak');
    attempt(this.#dir, () => mkdirSync(this.#dir, { recursive: true }));
  }

  async next(): Promise<void> {
    this.#count++;
    await this.#recordTo((name) => this.#path(this.#count, name));
    const old = this.#count - segmentsKept;
    if (old <= 1) return;
    for (const name of ['serial.log', 'serial.jsonl', 'datagrams.jsonl']) {
      rmSync(this.#path(old, name), { force: true });
    }
  }

  /** What follows belongs to the run again. */
  async end(): Promise<void> {
    const { recorder } = this.#options;
    // Who is gone records nothing more, and its end was told already.
    await this.#recordTo((name) => recorder.file(name)).catch(() => undefined);
  }

  async #recordTo(path: (name: string) => string): Promise<void> {
    const { server, monitor } = this.#options;
    await Promise.all([
      server.recordTo(path('datagrams.jsonl')),
      monitor.recordTo({ rawFile: path('serial.log'), eventsFile: path('serial.jsonl') }),
    ]);
  }

  #path(count: number, name: string): string {
    return join(this.#dir, `${String(count).padStart(4, '0')}.${name}`);
  }
}

function attempt<T>(where: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new BenchError('RECORD_FAILED', {
      what: `The record of the soak can't be written: ${(cause as Error).message}`,
      where,
      next: 'make room on the disk, and run again',
      cause,
    });
  }
}

/** Whether a slice is told while the soak goes on: one of each set of files, so that a night fits on a few pages. */
export function isTold({ index }: SoakSlice): boolean {
  return (index + 1) % slicesPerSegment === 0;
}

/** A slice in a line: `soak: 600 of 3600 s; period 100.0001 ms, RTT 0.46 ms, 0 missing in 600 periods`. */
export function describeSlice(slice: SoakSlice, soakedMs: number, soakMs = soakedMs): string {
  const { periodMs, rttMedianUs, missingCount, periodCount, heapFreeBytes } = slice;
  const figures = [
    ...(periodMs === undefined ? [] : [`period ${periodMs.toFixed(4)} ms`]),
    ...(rttMedianUs === undefined ? [] : [`RTT ${(rttMedianUs / 1e3).toFixed(2)} ms`]),
    ...(heapFreeBytes === undefined ? [] : [`heap ${heapFreeBytes} B`]),
    `${missingCount} missing in ${periodCount} periods`,
  ];
  return `soak: ${Math.round(soakedMs / 1000)} of ${soakMs / 1000} s; ${figures.join(', ')}`;
}
