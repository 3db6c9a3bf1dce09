/**
 * Firmwares that are not ours, judged by their profiles: small ones that log what ESP-IDF's examples log, healthy and
 * broken. The examples themselves are tried where ESP-IDF is at hand.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../harness/record/verdict.ts';

const root = join(import.meta.dirname, '..');
const testdata = join(import.meta.dirname, 'testdata');
const scratch = mkdtempSync(join(tmpdir(), 'hil-profiles-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const idf = process.env['IDF_PATH'];
const hasExamples = idf !== undefined && existsSync(join(idf, 'examples/protocols/sockets/udp_client'));

describe('a client by a profile', { concurrent: true }, () => {
  it('passes its own claims, and again when the record is replayed', async ({ expect }) => {
    const healthy = ['--profile', 'udp-client-example', '--firmware', join(testdata, 'message-client')];
    const { exitCode, result } = await runHil(1, [...healthy, '--duration', '7s']);
    expect(result?.errors).toEqual([]);
    expect(result?.claims.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
      'boot.once passed',
      'boot.image passed',
      'cadence.mean passed',
      'cadence.spread passed',
      'cadence.gaps passed',
      'payload.exact passed',
      'witnesses.sends passed',
      'witnesses.answers passed',
    ]);
    expect(exitCode).toBe(0);
    const replayed = await runHil(1, ['--replay', join(root, result?.record ?? '')]);
    expect(replayed.result).toMatchObject({ verdict: 'passed', replay: { changed: [] } });
  });

  it('that logs more sends than the network saw is caught', async ({ expect }) => {
    const broken = copyFirmware('message-client', 'liar', (text) =>
      text.replace('ESP_LOGI(TAG, "Message sent");', '$&\n        $&'),
    );
    const options = ['--profile', 'udp-client-example', '--spec', 'witnesses', '--duration', '5s'];
    const { exitCode, result } = await runHil(2, [...options, '--firmware', broken]);
    expect(exitCode).toBe(1);
    const claim = result?.claims.find(({ id }) => id === 'witnesses.sends');
    expect(claim).toMatchObject({ verdict: 'failed' });
    expect(claim?.reason).toMatch(/the device has \d sends that nobody saw, the network 0/);
  });
});

describe('a server by a profile', { concurrent: true }, () => {
  it('passes its own claims, and again when the record is replayed', async ({ expect }) => {
    const healthy = ['--profile', 'udp-server-example', '--firmware', join(testdata, 'echo-server')];
    const { exitCode, output, result } = await runHil(3, [...healthy, '--duration', '2s']);
    expect(result?.errors).toEqual([]);
    expect(output).toContain('a server listens on 127.0.0.');
    expect(result?.claims.map(({ id, verdict, sampleCount }) => [id, verdict, sampleCount])).toEqual([
      ['boot.once', 'passed', undefined],
      ['boot.image', 'passed', undefined],
      ['echo.complete', 'passed', 20],
      ['echo.only', 'passed', 20],
      ['echo.median', 'passed', 20],
      ['witnesses.receipts', 'passed', 20],
    ]);
    expect(exitCode).toBe(0);
    const replayed = await runHil(3, ['--replay', join(root, result?.record ?? '')]);
    expect(replayed.result).toMatchObject({ verdict: 'passed', replay: { changed: [] } });
  });

  it('that sends back one byte too few is caught', async ({ expect }) => {
    const broken = copyFirmware('echo-server', 'short', (text) =>
      text.replace('sendto(sock, message, length,', 'sendto(sock, message, length - 1,'),
    );
    const { exitCode, result } = await runHil(4, [
      ...['--profile', 'udp-server-example', '--firmware', broken],
      ...['--spec', 'echo', '--duration', '1s'],
    ]);
    expect(exitCode).toBe(1);
    const [complete, only] = result?.claims ?? [];
    expect(complete?.reason).toMatch(/10 of 10 datagrams did not come back/);
    expect(only?.reason).toMatch(/10 datagrams from the board are no echo/);
  });
});

const examples = `ESP-IDF's own examples${hasExamples ? '' : ' (skipped: IDF_PATH names no ESP-IDF with examples)'}`;
describe.skipIf(!hasExamples)(examples, { concurrent: true }, () => {
  it('udp_client, as it is', async ({ expect }) => {
    const { exitCode, result } = await runHil(5, ['--profile', 'udp-client-example', '--duration', '7s']);
    expect(result?.claims.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('udp_server, as it is', async ({ expect }) => {
    const { exitCode, result } = await runHil(6, ['--profile', 'udp-server-example', '--duration', '2s']);
    expect(result?.claims.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
    expect(exitCode).toBe(0);
  });
});

interface Finished {
  readonly exitCode: number;
  readonly output: string;
  readonly result: RunResult | undefined;
}

/** A run by `npm run hil` on a loopback address of its own. */
async function runHil(number: number, args: readonly string[]): Promise<Finished> {
  const jsonFile = join(scratch, `${number}.json`);
  rmSync(jsonFile, { force: true });
  const server = ['--server-host', `127.0.8.${number}`, '--server-port', String(4400 + number)];
  const options = ['--json', jsonFile, ...(args.includes('--replay') ? [] : server)];
  const child = spawn(process.execPath, ['scripts/start.cjs', 'hil', ...options, ...args], {
    cwd: root,
    env: { ...process.env, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [exitCode] = (await once(child, 'close')) as [number];
  const result = existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as RunResult) : undefined;
  return { exitCode, output, result };
}

/** A copy with its source edited. An edit that changes nothing is a mistake of the test. */
function copyFirmware(project: string, name: string, edit: (text: string) => string): string {
  const copy = join(scratch, name);
  cpSync(join(testdata, project), copy, { recursive: true });
  const source = join(copy, 'main', `${project.replaceAll('-', '_')}.c`);
  const before = readFileSync(source, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(source, after);
  return copy;
}
