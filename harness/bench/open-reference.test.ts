import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunSubject } from '../record/run-figures.ts';
import { writeBaseline } from './baseline-file.ts';
import { openReference } from './open-reference.ts';

const repository = join(import.meta.dirname, '../..');
const root = mkdtempSync(join(tmpdir(), 'reference-test-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});
cpSync(join(repository, 'specs/data/healthy'), join(root, 'runs/20260101-000000-virtual-1'), {
  recursive: true,
});
// A release that was judged twice; the run that failed is newer.
cpSync(join(repository, 'specs/data/healthy'), join(root, 'releases/v1.0/1/record'), { recursive: true });
cpSync(join(repository, 'specs/data/period-of-110-ms'), join(root, 'releases/v1.0/2/record'), {
  recursive: true,
});
symlinkSync('20260101-000000-virtual-1', join(root, 'runs/latest'));
mkdirSync(join(root, 'baselines'));
const subject: RunSubject = { project: 'udp_client', tier: 'virtual', target: 'esp32', periodMs: 100 };
const figures = {
  id: 'a',
  startedAt: '',
  version: '1.0',
  idfVersion: 'v6',
  figures: { image: { value: 1000 } },
};
const file = join(root, 'baselines/udp_client-esp32-virtual.json');
writeBaseline(file, { subject, figures });
writeBaseline(join(root, 'baselines/other-esp32-board.json'), {
  subject: { ...subject, project: 'other', tier: 'board' },
  figures: { ...figures, version: '2.0' },
});

const open = (given: string) => openReference(given, { root, cwd: root });

describe.each([
  ['a folder of a run', 'runs/20260101-000000-virtual-1', 'runs/20260101-000000-virtual-1'],
  ['a run’s id', '20260101-000000-virtual-1', 'runs/20260101-000000-virtual-1'],
  ['the latest run, which is not the same for long', 'latest', 'runs/20260101-000000-virtual-1'],
  ['a folder of evidence, whose newer run has failed', 'releases/v1.0', 'releases/v1.0/1/record'],
  ['the name of a release', 'v1.0', 'releases/v1.0/1/record'],
])('%s', (_, given, name) => {
  it('is that run', () => {
    const reference = open(given);
    expect(reference.name).toBe(name);
    expect(reference.find(subject)).toMatchObject({
      subject,
      runs: [{ id: '20261123-153305-virtual-11825' }],
    });
  });
});

it('a baseline file is that baseline', () => {
  expect(open(file).find(subject)).toMatchObject({ runs: [{ version: '1.0' }] });
});

describe('a folder of baselines', () => {
  it('holds the one for this firmware and kind of board', () => {
    expect(open('baselines').find(subject)).toMatchObject({ runs: [{ version: '1.0' }] });
  });

  it('or says that it has none, and how to make it', () => {
    expect(open('baselines').find({ ...subject, target: 'esp32c3' })).toEqual({
      reason: expect.stringMatching(
        /^NO_BASELINE: .* --write-baseline baselines\/udp_client-esp32c3-virtual\.json$/,
      ) as string,
    });
  });
});

describe('nothing to compare with', () => {
  it.each([
    ['no such file', 'nowhere', /^NO_REFERENCE: There is no such run or baseline \(nowhere\)/],
    [
      'an empty folder',
      'empty',
      /^NO_REFERENCE: The folder holds neither a run that has passed nor baselines/,
    ],
    ['a run that was not observed', 'unobserved', /^NO_REFERENCE: The run has no undisturbed observation/],
    ['a file that is no baseline', 'notes.txt', /^BASELINE_INVALID: The baseline can't be read/],
  ])('%s', (_, given, message) => {
    mkdirSync(join(root, 'empty'), { recursive: true });
    cpSync(join(repository, 'specs/data/healthy/run.json'), join(root, 'unobserved/run.json'));
    writeFileSync(join(root, 'notes.txt'), 'notes');
    expect(() => open(given)).toThrow(message);
  });
});
