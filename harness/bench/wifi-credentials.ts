import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from '../errors.ts';

/** What a station needs to get into a network. */
export interface WifiCredentials {
  readonly ssid: string;
  /** Absent: an open network. A secret. */
  readonly password?: string;
}

/** The credentials of this bench, and what is to be said about where they came from. */
export interface FoundCredentials {
  /** Absent: none were given. */
  readonly credentials?: WifiCredentials;
  /** What isn't as it should be, though it will do. */
  readonly warning?: string;
}

/** In the root of the repository; git ignores it. */
export const secretsFileName = 'hil.secrets.json';

/** ESP-IDF's prompt for the credentials. A password that is a part of it would be taken out of it. */
const prompt = 'Please input ssid password:';

const fileShape = v.strictObject({
  wifi: v.strictObject({ ssid: v.string(), password: v.exactOptional(v.string()) }),
});

/**
 * The credentials of the bench's Wi-Fi: `HIL_WIFI_SSID` and `HIL_WIFI_PASSWORD`, else `hil.secrets.json`. Takes the password out of
 * `env`, so that no program that is started later inherits it.
 *
 * @throws UsageError WIFI_CREDENTIALS when they can't be told to a firmware; the password is not in its words.
 */
export function readWifiCredentials(root: string, env: NodeJS.ProcessEnv): FoundCredentials {
  const { HIL_WIFI_SSID: ssid, HIL_WIFI_PASSWORD: password } = env;
  delete env['HIL_WIFI_PASSWORD'];
  if (ssid !== undefined) {
    const given = { ssid, ...(password !== undefined && password !== '' && { password }) };
    return { credentials: check(given, { ssid: 'HIL_WIFI_SSID', password: 'HIL_WIFI_PASSWORD' }) };
  }
  if (password !== undefined) {
    throw wrong('HIL_WIFI_PASSWORD is set and HIL_WIFI_SSID is not', 'the environment', 'set both, or none');
  }
  const file = join(root, secretsFileName);
  const text = readOptional(file);
  return text === undefined ? {} : { credentials: parse(text, file), ...describeAccess(file) };
}

/** What must not be seen. */
export function secretsOf(credentials: WifiCredentials | undefined): string[] {
  return credentials?.password === undefined ? [] : [credentials.password];
}

/** The line that ESP-IDF's examples ask for. */
export function credentialsLine({ ssid, password }: WifiCredentials): string {
  return password === undefined ? ssid : `${ssid} ${password}`;
}

function parse(text: string, file: string): WifiCredentials {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's own words quote what it has read.
    throw wrong('It is no JSON', file, 'write {"wifi": {"ssid": "…", "password": "…"}}');
  }
  const parsed = v.safeParse(fileShape, content);
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? 'it';
    throw wrong(
      `${where} is missing, of the wrong type, or not known here`,
      file,
      'write {"wifi": {"ssid": "…", "password": "…"}}; without a password the network is open',
    );
  }
  return check(parsed.output.wifi, { ssid: `wifi.ssid in ${file}`, password: `wifi.password in ${file}` });
}

/**
 * Refuses before the run what ESP-IDF's convention can't carry: name and password on one line, a blank between them.
 *
 * @param names - as they are called where they were given
 */
function check(
  credentials: WifiCredentials,
  names: Readonly<Record<keyof WifiCredentials, string>>,
): WifiCredentials {
  const { ssid, password } = credentials;
  const length = Buffer.byteLength(ssid);
  if (length < 1 || length > 32) throw wrong(`${names.ssid} must have 1 to 32 bytes, and has ${length}`);
  if (/\s|\p{Cc}/u.test(ssid)) {
    throw wrong(
      `${names.ssid} must have no blanks and no control characters, got ${JSON.stringify(ssid)}`,
      undefined,
      'give it to the firmware by menuconfig: on the console, a blank ends the name',
    );
  }
  if (password === undefined) return credentials;
  if (!/^[\x20-\x7e]*$/.test(password)) {
    throw wrong(`${names.password} must be of printable ASCII characters, as WPA2 wants them`);
  }
  if (password.includes(' ')) {
    throw wrong(
      `${names.password} must have no blanks`,
      undefined,
      'give it to the firmware by menuconfig: on the console, a blank ends the password',
    );
  }
  if (password.length < 8 || (password.length > 63 && !/^[0-9a-fA-F]{64}$/.test(password))) {
    throw wrong(
      `${names.password} must have 8 to 63 characters, or be a key of 64 hex digits; it has ${password.length}`,
    );
  }
  if (prompt.includes(password)) {
    throw wrong(
      `${names.password} is a part of the prompt "${prompt}": it can't be kept out of the record and the prompt be seen`,
      undefined,
      'give the network another password',
    );
  }
  return credentials;
}

/** On systems without such permissions there is nothing to say. */
function describeAccess(file: string): Pick<FoundCredentials, 'warning'> {
  const othersMayRead = process.platform !== 'win32' && (statSync(file).mode & 0o044) !== 0;
  return othersMayRead
    ? { warning: `${secretsFileName} can be read by other users of this machine: chmod 600 ${file}` }
    : {};
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw wrong(`It can't be read: ${message}`, file, 'make it readable for yourself (chmod 600)');
  }
}

function wrong(what: string, where?: string, next = 'correct it'): UsageError {
  return new UsageError('WIFI_CREDENTIALS', { what, ...(where !== undefined && { where }), next });
}
