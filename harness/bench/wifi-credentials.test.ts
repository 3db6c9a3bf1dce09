import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { credentialsLine, readWifiCredentials } from './wifi-credentials.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wifi-credentials-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function writeSecrets(text: string, mode = 0o600): void {
  const file = join(root, 'hil.secrets.json');
  writeFileSync(file, text);
  chmodSync(file, mode);
}

describe('the environment', () => {
  it('gives name and password, and keeps the password from programs that are started later', () => {
    const env = { HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'secret123' };
    expect(readWifiCredentials(root, env)).toEqual({ credentials: { ssid: 'lab', password: 'secret123' } });
    expect(env).toEqual({ HIL_WIFI_SSID: 'lab' });
  });

  it('stands before the file', () => {
    writeSecrets('{"wifi": {"ssid": "home"}}');
    expect(readWifiCredentials(root, { HIL_WIFI_SSID: 'lab' }).credentials).toEqual({ ssid: 'lab' });
  });

  it('may name an open network', () => {
    const { credentials } = readWifiCredentials(root, { HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: '' });
    expect(credentials).toEqual({ ssid: 'lab' });
  });
});

describe('the file', () => {
  it('gives name and password', () => {
    writeSecrets('{"wifi": {"ssid": "lab", "password": "secret123"}}');
    expect(readWifiCredentials(root, {})).toEqual({ credentials: { ssid: 'lab', password: 'secret123' } });
  });

  it.each([0o644, 0o640, 0o604])('that others may read (%o) is used, with a word about it', (mode) => {
    writeSecrets('{"wifi": {"ssid": "lab"}}', mode);
    const { warning } = readWifiCredentials(root, {});
    expect(warning).toBe(
      `hil.secrets.json can be read by other users of this machine: chmod 600 ${join(root, 'hil.secrets.json')}`,
    );
  });

  it.each([
    ['secret123', 'It is no JSON'],
    ['{"wifi": {"password": "secret123"}}', 'wifi.ssid is missing'],
    [
      '{"wifi": {"ssid": "lab", "pasword": "secret123"}}',
      'wifi.pasword is missing, of the wrong type, or not known',
    ],
    ['{"ssid": "lab", "password": "secret123"}', 'is missing, of the wrong type, or not known'],
    ['{"wifi": {"ssid": "lab", "password": 12345678}}', 'wifi.password is missing, of the wrong type'],
  ])('%s is refused, without a word of what may be secret', (text, words) => {
    writeSecrets(text);
    const error = failure({});
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('secret123');
  });
});

it('there may be none', () => {
  expect(readWifiCredentials(root, {})).toEqual({});
});

describe('what ESP-IDF’s convention can’t carry is refused before the run', () => {
  const key = 'a'.repeat(64);
  it.each([
    [{ HIL_WIFI_SSID: '' }, 'HIL_WIFI_SSID must have 1 to 32 bytes, and has 0'],
    [{ HIL_WIFI_SSID: 'ü'.repeat(17) }, 'HIL_WIFI_SSID must have 1 to 32 bytes, and has 34'],
    [
      { HIL_WIFI_SSID: 'my lab' },
      'HIL_WIFI_SSID must have no blanks and no control characters, got "my lab"',
    ],
    [{ HIL_WIFI_PASSWORD: 'secret123' }, 'HIL_WIFI_PASSWORD is set and HIL_WIFI_SSID is not'],
    [{ HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'seven77' }, 'must have 8 to 63 characters'],
    [{ HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'g'.repeat(64) }, 'be a key of 64 hex digits; it has 64'],
    [{ HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'secret 123' }, 'HIL_WIFI_PASSWORD must have no blanks'],
    [{ HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'sécret123' }, 'must be of printable ASCII characters'],
    [{ HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: 'password' }, 'HIL_WIFI_PASSWORD is a part of the prompt'],
  ])('%j', (env, words) => {
    const error = failure(env);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/s[eé]cret|seven77|ggg/);
  });

  it('a key of 64 hex digits can be', () => {
    const { credentials } = readWifiCredentials(root, { HIL_WIFI_SSID: 'lab', HIL_WIFI_PASSWORD: key });
    expect(credentials?.password).toBe(key);
  });
});

it('the line has a blank between name and password, and none behind an open network', () => {
  expect(credentialsLine({ ssid: 'lab', password: 'secret123' })).toBe('lab secret123');
  expect(credentialsLine({ ssid: 'lab' })).toBe('lab');
});

function failure(env: NodeJS.ProcessEnv): Error {
  try {
    readWifiCredentials(root, env);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}
