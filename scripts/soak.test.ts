/** `npm run hil -- --soak` as its users see it: as a process, on virtual boards, with healthy and with broken firmware. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRun } from '../harness/record/read-run.ts';
import type { RunResult } from '../harness/record/verdict.ts';
import { startHil, type RunningHil } from './testdata/start-hil.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-soak-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** What no host can be in the way of for a minute; losses on a busy one are another matter. */
const trends = ['soak.period', 'soak.round-trips', 'soak.heap'];
const soak = ['--spec', 'soak', '--duration', '1', '--soak', '60s'];

/** They wait for most of their time: beside each other they take a minute, not three. */
describe.concurrent('a soak', { timeout: 180_000 }, () => {
  it('of a healthy firmware finds no trend, and keeps figures and the files of its end', async () => {
    const firmware = copyFirmware('healthy', {});
    const { result, output } = await startSoak(1, ['--firmware', firmware, ...soak]).ended;
    expect(verdictsOf(result, trends)).toEqual(['passed', 'passed', 'passed']);
    expect(output).toMatch(
      /soak: 30 of 60 s; period \d+\.\d+ ms, RTT .* heap \d+ B, \d+ missing in 3\d periods/,
    );
    const dir = join(root, result?.record ?? '');
    const { soak: recorded } = readRun(dir);
    expect(recorded).toMatchObject({ soakMs: 60_000, isComplete: true });
    expect(recorded?.slices.length).toBe(20);
    // One slice begins where the other ends, so that nothing lies between them.
    for (const [at, { fromNs }] of (recorded?.slices ?? []).entries()) {
      if (at > 0) expect(fromNs).toBe(recorded?.slices[at - 1]?.toNs);
    }
    expect(readdirSync(join(dir, 'soak')).sort()).toEqual(
      ['0001', '0002'].flatMap((segment) =>
        ['datagrams.jsonl', 'serial.jsonl', 'serial.log'].map((name) => `${segment}.${name}`),
      ),
    );
    expect(readFileSync(join(dir, 'soak/0002.serial.log'), 'utf8')).toContain('Client: heap free_bytes=');
    // The run's own files end where the soak begins.
    const { fromNs = 0 } = recorded?.slices[1] ?? {};
    expect(readRun(dir).datagrams.filter(({ stamp }) => stamp.hostNs > fromNs).length).toBeLessThan(100);
  });

  it('finds a period that drifts and a heap that shrinks, which no ten seconds show', async () => {
    const firmware = copyFirmware('drift', {
      'main/udp_client.c': (text) =>
        text
          // 3 µs longer from send to send, from wherever a busy host has left it; and 17 bytes lost at each tenth.
          .replace(
            '    xTaskDelayUntil(wake_time, client->period);',
            `    static int64_t s_next_us;
    s_next_us = (s_next_us == 0 ? esp_timer_get_time() : s_next_us) + 100000 + 3 * client->sent_count;
    int64_t left_us = s_next_us - esp_timer_get_time();
    if (left_us > 0) {
        usleep(left_us);
    } else {
        s_next_us -= left_us;
    }
    *wake_time = xTaskGetTickCount();`,
          )
          .replace(
            '    client->open_count++;',
            '$&\n    if (seq % 10 == 0) {\n        strdup(s_payload);\n    }',
          ),
    });
    const { exitCode, result } = await startSoak(2, ['--firmware', firmware, ...soak]).ended;
    expect(exitCode).toBe(1);
    expect(verdictsOf(result, trends)).toEqual(['failed', 'passed', 'failed']);
    const reasons = result?.claims.map(({ id, reason = '' }) => `${id}: ${reason}`).join('\n');
    expect(reasons).toMatch(/^soak\.period: over \d+ s the period grows by \d+\.\d ppm/m);
    expect(reasons).toMatch(/^soak\.heap: over \d+ s the free heap shrinks by \d+ B/m);
    const { result: again } = await startSoak(2, ['--replay', result?.record ?? '']).ended;
    expect(verdictsOf(again, trends)).toEqual(verdictsOf(result, trends));
  });

  it('that is killed is judged on what was written down, and did not pass', async () => {
    const hil = startSoak(3, ['--spec', 'soak', '--duration', '1', '--soak', '1h']);
    await hil.says(/record: runs\/\S+\n/);
    const [, dir = ''] = /record: (runs\/\S+)/.exec(hil.output) ?? [];
    // The checkpoint of a slice of a minute, so that the wait is for one only.
    await expect.poll(() => readRun(join(root, dir)).soak?.slices.length ?? 0, { timeout: 90_000 }).toBe(1);
    hil.process.kill('SIGKILL');
    await hil.ended;
    const { exitCode, output, result } = await startSoak(3, ['--replay', dir]).ended;
    expect(exitCode).toBe(2);
    expect(output).toMatch(
      /^SOAK_CUT_SHORT: The soak was to last 3600 s and was killed: .* first 60 s, in 1 slices/m,
    );
    expect(result?.claims.find(({ id }) => id === 'soak.period')).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('too few for a trend') as string,
    });
    expect(result?.claims.find(({ id }) => id === 'soak.losses')?.figure).toBeDefined();
    expect(result?.skipped?.map(({ id }) => id)).toContain('soak.heap');
  });
});

it('without a soak its claims are not there, skipped neither', async () => {
  const { result } = await startSoak(4, ['--replay', 'specs/data/healthy']).ended;
  const ids = [...(result?.claims ?? []), ...(result?.skipped ?? [])].map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith('soak.'))).toEqual([]);
  expect(ids.length).toBeGreaterThan(20);
});

function verdictsOf(result: RunResult | undefined, ids: readonly string[]): unknown[] {
  return ids.map((id) => result?.claims.find((claim) => claim.id === id)?.verdict);
}

/** Each number is a server address of its own, so that runs don't meet. */
function startSoak(number: number, args: readonly string[]): RunningHil<RunResult> {
  const at = ['--server-host', `127.0.12.${number}`, '--server-port', String(4520 + number)];
  return startHil<RunResult>(args.includes('--replay') ? args : [...at, ...args], { scratch });
}

/** A copy that logs its free heap and in which some files are edited. An edit that changes nothing is a mistake of the test. */
function copyFirmware(name: string, edits: Readonly<Record<string, (text: string) => string>>): string {
  const dir = join(scratch, name);
  cpSync(join(root, 'firmware'), dir, { recursive: true, filter: (source) => !/\/build[^/]*$/.test(source) });
  const all = { 'sdkconfig.defaults': (text: string) => `${text}\nCONFIG_EXAMPLE_LOG_HEAP=y\n`, ...edits };
  for (const [file, edit] of Object.entries(all)) {
    const text = readFileSync(join(dir, file), 'utf8');
    const edited = edit(text);
    if (edited === text) throw new Error(`the edit of ${file} for "${name}" changes nothing`);
    writeFileSync(join(dir, file), edited);
  }
  return dir;
}
