import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../../record/verdict.ts';

export interface SyntheticRun {
  readonly datagrams: number;
  /** Printed on the console after each twentieth send, and sent as every fortieth payload. */
  readonly hostile?: string;
  readonly result: RunResult;
}

/** 100 ms in ns. */
const periodNs = 1e8;
const startNs = 5e12;

/** Writes the folder of a run that never was: a board that sends every 100 ms and is answered, with an outage in the middle. */
export function writeSyntheticRun(dir: string, { datagrams, hostile, result }: SyntheticRun): void {
  mkdirSync(dir, { recursive: true });
  const serial: object[] = [
    line(startNs + 1e6, 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)'),
    line(startNs + 2e6, 'I (165) example_common: - IPv4 address: 127.0.0.2,'),
  ];
  const network: object[] = [];
  const firstNs = startNs + 1e8;
  for (let index = 0; index < datagrams; index += 1) {
    // A period that wanders by some µs, as a crystal and a scheduler make it.
    const atNs = firstNs + index * periodNs + Math.round(40_000 * Math.sin(index));
    const atUs = Math.round((atNs - startNs) / 1e3) - 200;
    const rttUs = 260 + ((index * 7919) % 180);
    const payload = hostile !== undefined && index % 40 === 39 ? hostile : 'Hello from ESP32';
    network.push(
      {
        kind: 'datagram',
        index,
        stamp: { hostNs: atNs, source: 'kernel', boundUs: 0.8 },
        from: { address: '127.0.0.2', port: 60011 },
        length: Buffer.byteLength(payload),
        payloadHex: Buffer.from(payload).toString('hex'),
      },
      { kind: 'ack', datagram: index, outcome: 'sent', hostNs: atNs + 120_000 },
    );
    serial.push(
      line(atNs + 3e6, `I (${Math.round(atUs / 1e3)}) Client: 48 65 6c 6c 6f 20 66 72 6f 6d 20 45 53 50 33 32 `),
      line(atNs + 6e6, `I (${Math.round(atUs / 1e3)}) Client: sent seq=${index} at_us=${atUs}`),
      line(atNs + 9e6, `I (${Math.round(atUs / 1e3)}) Client: ack seq=${index} at_us=${atUs + rttUs} rtt_us=${rttUs} open=1`),
    );
    if (hostile !== undefined && index % 20 === 19) serial.push(line(atNs + 12e6, hostile));
  }
  const middleNs = firstNs + Math.floor(datagrams / 2) * periodNs;
  const events = [
    { kind: 'stage', hostNs: startNs + 5e5, stage: 'build', state: 'done', detail: hostile ?? 'up to date' },
    { kind: 'disturbance', name: 'ack-silence', fromNs: middleNs, toNs: middleNs + 5 * periodNs },
  ];
  const { id, startedAt, tier, board, realBoard, firmware } = result;
  const header = {
    schema: 1,
    id,
    startedAt,
    startedHostNs: startNs,
    tier,
    board,
    realBoard,
    firmware,
    configuration: { serverHost: '127.0.0.1', serverPort: 3333 },
    versions: { node: 'v20', system: hostile ?? 'linux', harness: 'abc' },
  };
  writeFileSync(join(dir, 'run.json'), JSON.stringify(header));
  writeFileSync(join(dir, 'serial.jsonl'), jsonLines(serial));
  writeFileSync(join(dir, 'datagrams.jsonl'), jsonLines(network));
  writeFileSync(join(dir, 'events.jsonl'), jsonLines(events));
  writeFileSync(join(dir, 'verdict.json'), JSON.stringify(result));
}

function line(hostNs: number, text: string): object {
  return { kind: 'serial-line', hostNs, text };
}

function jsonLines(objects: readonly object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('');
}
