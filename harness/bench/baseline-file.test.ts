import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ComparableRun } from '../analysis/compare-runs.ts';
import type { RunFigures, RunSubject } from '../record/run-figures.ts';
import { baselinePath, readBaseline, writeBaseline } from './baseline-file.ts';

const scratch = mkdtempSync(join(tmpdir(), 'baseline-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const subject: RunSubject = { project: 'udp_client', tier: 'virtual', target: 'esp32', periodMs: 100 };
const aRun = (id: string, change: Partial<RunFigures> = {}): ComparableRun => ({
  subject,
  figures: {
    id,
    startedAt: '2026-01-01T00:00:00Z',
    version: '1.0',
    idfVersion: 'v6.0',
    elfSha256: 'ab'.repeat(32),
    host: '2 × a processor',
    figures: {
      'period.arrivals': { value: 100.000_012_345_678, bound: 0.000_7, sampleCount: 100 },
      image: { value: 812_345 },
    },
    wholeRoundTripUs: 284.5,
    roundTripQuantilesUs: [100, 110.25, 120],
    ...change,
  },
});

describe('a baseline file', () => {
  it('holds what was written, to seven digits', () => {
    const file = join(scratch, 'one.json');
    expect(writeBaseline(file, aRun('a'))).toEqual({ runCount: 1 });
    const { runs, ...rest } = readBaseline(file);
    expect(rest).toEqual({ schema: 1, subject });
    expect(runs).toEqual([
      {
        ...aRun('a').figures,
        figures: {
          'period.arrivals': { value: 100, bound: 0.0007, sampleCount: 100 },
          image: { value: 812_345 },
        },
      },
    ]);
  });

  it('has a figure a line, so that a reviewer sees what has changed', () => {
    const file = join(scratch, 'lines.json');
    writeBaseline(file, aRun('a'));
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.map((line) => line.trim())).toContain('"image": { "value": 812345 }');
    expect(lines.map((line) => line.trim())).toContain('"roundTripQuantilesUs": [ 100, 110.25, 120 ]');
  });

  it('takes up more runs of the same image, the ten newest, and none twice', () => {
    const file = join(scratch, 'more.json');
    for (let run = 0; run < 12; run++) writeBaseline(file, aRun(`run-${run}`));
    expect(writeBaseline(file, aRun('run-11')).runCount).toBe(10);
    expect(readBaseline(file).runs.map(({ id }) => id)).toEqual(
      Array.from({ length: 10 }, (_, at) => `run-${at + 2}`),
    );
  });

  it.each<[string, Partial<RunFigures>]>([
    ['another image', { elfSha256: 'cd'.repeat(32), version: '1.1' }],
    ['another host', { host: '64 × another processor' }],
  ])('begins anew for %s, and says of what it was', (_, change) => {
    const file = join(scratch, 'anew.json');
    rmSync(file, { force: true });
    writeBaseline(file, aRun('a'));
    expect(writeBaseline(file, aRun('b', change))).toEqual({ runCount: 1, replaced: 'udp_client 1.0' });
    expect(readBaseline(file).runs.map(({ id }) => id)).toEqual(['b']);
  });

  it.each([
    ['no JSON', '{', /BASELINE_INVALID: The baseline can't be read/],
    ['a verdict', '{"schema":1,"verdict":"passed"}', /subject must be/],
    ['a later version', '{"schema":2}', /schema must be 1, the only version/],
    [
      'no runs',
      `{"schema":1,"subject":${JSON.stringify(subject)},"runs":[]}`,
      /runs must be a list of one run/,
    ],
    [
      'a figure that is no number',
      `{"schema":1,"subject":${JSON.stringify(subject)},"runs":[${JSON.stringify(aRun('a').figures).replace('812345', '"big"')}]}`,
      /runs\.0\.figures\.image\.value must be a number/,
    ],
  ])('that is %s is refused, with the place', (_, content, message) => {
    const file = join(scratch, 'bad.json');
    writeFileSync(file, content);
    expect(() => readBaseline(file)).toThrow(message);
    // And not overwritten: it may be anything.
    expect(() => writeBaseline(file, aRun('a'))).toThrow(message);
  });
});

it('a name holds firmware, kind of board and tier, and leads nowhere else', () => {
  expect(baselinePath('dir', subject)).toBe(join('dir', 'udp_client-esp32-virtual.json'));
  expect(baselinePath('dir', { ...subject, numbered: true })).toBe(
    join('dir', 'udp_client-numbered-esp32-virtual.json'),
  );
  expect(baselinePath('dir', { ...subject, project: '../x' })).toBe(join('dir', '.._x-esp32-virtual.json'));
});
