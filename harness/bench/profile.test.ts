import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadProfile } from './profile.ts';

const repository = join(import.meta.dirname, '../..');
const scratch: string[] = [];
afterEach(() => {
  for (const dir of scratch.splice(0)) rmSync(dir, { recursive: true });
});

describe('loadProfile', () => {
  it('reads that of an example of ESP-IDF, wherever ESP-IDF lies', () => {
    const loaded = loadProfile({ root: repository, name: 'udp-client-example', idfDir: '/opt/esp/idf' });
    expect(loaded.firmwareDir).toBe('/opt/esp/idf/examples/protocols/sockets/udp_client');
    expect(loaded.profile).toMatchObject({ name: 'udp-client-example', role: 'client', periodMs: 2000 });
  });

  it('takes a firmware from beside the profile', () => {
    const root = repositoryWith('mine', { ...minimal, firmware: '../../my-firmware' });
    expect(loadProfile({ root, name: 'mine', idfDir: undefined }).firmwareDir).toBe(
      join(root, 'my-firmware'),
    );
  });

  it.each([
    ['a missing field', { ...minimal, periodMs: undefined }, /PROFILE_INVALID: .*periodMs/],
    ['a field that it does not know', { ...minimal, period: 100 }, /PROFILE_INVALID: .*period/],
    [
      'a pattern that is none',
      { ...minimal, log: { tag: 'x', sent: '(' } },
      /PROFILE_INVALID: .*log\.sent: a regular expression/,
    ],
    ['no JSON', '{', /PROFILE_INVALID: .*is no JSON/],
    [
      'a part of ESP-IDF, which is not known',
      { ...minimal, firmware: '$IDF_PATH/examples/x' },
      /PROFILE_NEEDS_IDF: .*\n.*--idf DIR/,
    ],
  ])('refuses %s', (_, content, message) => {
    const root = repositoryWith('mine', content);
    expect(() => loadProfile({ root, name: 'mine', idfDir: undefined })).toThrow(message);
  });

  it('names the profiles that there are', () => {
    const root = repositoryWith('mine', minimal);
    expect(() => loadProfile({ root, name: 'yours', idfDir: undefined })).toThrow(
      /NO_PROFILE: .*"yours".*\nNext: choose one of mine/,
    );
  });
});

const minimal = {
  description: 'a firmware',
  firmware: '.',
  role: 'client',
  periodMs: 100,
  durationMs: 1000,
  log: { tag: 'x' },
};

function repositoryWith(name: string, content: unknown): string {
  const root = mkdtempSync(join(tmpdir(), 'hil-profile-'));
  scratch.push(root);
  mkdirSync(join(root, 'specs', name), { recursive: true });
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(root, 'specs', name, 'profile.json'), text);
  return root;
}
