import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { boardStallsFile } from './board-stalls.ts';
import type {
  Ack,
  BenchHealth,
  BoardStall,
  Datagram,
  Impairment,
  Probe,
  RunEvent,
  RunHeader,
  SerialLine,
  Window,
} from './events.ts';
import type { Witnesses } from './evidence.ts';
import type { SoakBegin, SoakEvent, SoakSlice } from './soak.ts';
import type { RunResult } from './verdict.ts';

/** A run as it lies on disk. */
export interface RunRecord extends Witnesses {
  readonly header: RunHeader;
  readonly events: readonly RunEvent[];
  /** Absent when there was none. */
  readonly soak?: RecordedSoak;
  /** Absent when the run did not end by itself. */
  readonly result?: RunResult;
}

export interface RecordedSoak extends Pick<SoakBegin, 'soakMs'> {
  readonly slices: readonly SoakSlice[];
  /** It lasted as long as it was to. */
  readonly isComplete: boolean;
}

/**
 * Reads the folder of a run, also of one that was killed: a last line that was cut short is left out.
 *
 * @throws UsageError NO_RUN when the folder holds no run of a schema that this version knows, or a damaged one.
 */
export function readRun(dir: string): RunRecord {
  const header = readJson(dir, 'run.json') as RunHeader | undefined;
  if (header?.schema !== 1) {
    throw new UsageError('NO_RUN', {
      what:
        header === undefined ? 'There is no run here' : `The run's schema is ${String(header.schema)}, not 1`,
      where: dir,
      next: 'give a folder in runs/ that holds a run.json',
    });
  }
  const serial = readLines(dir, 'serial.jsonl') as (SerialLine | BenchHealth)[];
  const network = readLines(dir, 'datagrams.jsonl') as (Datagram | Ack | Impairment | Probe | BenchHealth)[];
  const probes = network.filter((event) => event.kind === 'probe');
  const events = readLines(dir, 'events.jsonl') as RunEvent[];
  const boardStalls = existsSync(join(dir, boardStallsFile))
    ? (readLines(dir, boardStallsFile) as BoardStall[])
    : undefined;
  const soak = readSoak(readLines(dir, 'soak.jsonl') as SoakEvent[]);
  const result = readJson(dir, 'verdict.json') as RunResult | undefined;
  return {
    header,
    events,
    lines: serial.filter((event) => event.kind === 'serial-line'),
    datagrams: network.filter((event) => event.kind === 'datagram'),
    acks: network.filter((event) => event.kind === 'ack'),
    impairments: network.filter((event) => event.kind === 'impairment'),
    health: [...serial, ...network, ...events]
      .filter((event) => event.kind === 'bench-health')
      .sort((a, b) => a.hostNs - b.hostNs),
    ...(boardStalls && { boardStalls }),
    ...(probes.length > 0 && { probes }),
    ...(soak && { soak }),
    ...(result && { result }),
  };
}

function readSoak(events: readonly SoakEvent[]): RecordedSoak | undefined {
  const begin = events.find((event) => event.kind === 'soak-begin');
  if (begin === undefined) return undefined;
  return {
    soakMs: begin.soakMs,
    slices: events.filter((event) => event.kind === 'soak-slice'),
    isComplete: events.some(({ kind }) => kind === 'soak-end'),
  };
}

/** The recorded window of that name; the last one when there are several. */
export function findWindow({ events }: RunRecord, name: string): Window | undefined {
  return events.findLast((event): event is Window => event.kind === 'window' && event.name === name);
}

function readJson(dir: string, name: string): unknown {
  const path = join(dir, name);
  return existsSync(path) ? parse(readFileSync(path, 'utf8'), path) : undefined;
}

function readLines(dir: string, name: string): unknown[] {
  const path = join(dir, name);
  if (!existsSync(path)) return [];
  // Whole lines end with a line feed: what stands after the last one was being written when the run died.
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line, at) => parse(line, `${path}:${at + 1}`));
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError('NO_RUN', {
      what: 'The run is damaged: this is no JSON',
      where,
      next: 'give the folder of another run',
      cause,
    });
  }
}
