import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findLastRelease } from './last-release.ts';

const dir = mkdtempSync(join(tmpdir(), 'hil-releases-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

describe('the last release', () => {
  const real = { tier: 'board', isRehearsal: false };

  it('is none where there are none', () => {
    expect(findLastRelease(join(dir, 'nowhere'), real)).toBeUndefined();
  });

  it('is the one that was judged last, whatever its name, among those that passed on such a board', () => {
    const release = { verdict: 'passed', rehearsal: false, board: { tier: 'board' } };
    const older = keep('v1.10.0/a', { ...release, judgedAt: '2026-01-01T00:00:00.000Z' });
    const newer = keep('v1.9.1/a', { ...release, judgedAt: '2026-02-01T00:00:00.000Z' });
    keep('v2.0.0/red', { ...release, judgedAt: '2026-03-01T00:00:00.000Z', verdict: 'failed' });
    const rehearsed = keep('v2.0.0/rehearsed', {
      ...release,
      judgedAt: '2026-03-02T00:00:00.000Z',
      rehearsal: true,
      board: { tier: 'virtual' },
    });
    mkdirSync(join(dir, 'notes/drafts'), { recursive: true });
    writeFileSync(join(dir, 'notes/drafts/statement.json'), 'no JSON');
    expect(findLastRelease(dir, real)).toBe(newer);
    expect(findLastRelease(dir, { tier: 'virtual', isRehearsal: true })).toBe(rehearsed);
    expect(findLastRelease(dir, { tier: 'linux', isRehearsal: true })).toBeUndefined();
    rmSync(newer, { recursive: true });
    expect(findLastRelease(dir, real)).toBe(older);
  });
});

function keep(name: string, predicate: object): string {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'statement.json'), JSON.stringify({ predicate }));
  return folder;
}
