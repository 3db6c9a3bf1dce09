import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import type { ConfigValue } from '../build/kconfig.ts';
import { UsageError } from '../errors.ts';
import type { FirmwareProfile } from '../record/profile.ts';

/** A profile as a run uses it: what is to be known of the firmware, and how it is built and watched by default. */
export interface LoadedProfile {
  readonly profile: FirmwareProfile;
  /** Its project. */
  readonly firmwareDir: string;
  /** How long the undisturbed observation lasts. */
  readonly durationMs: number;
  /** What its configuration needs besides the server's address; names with or without `CONFIG_`. */
  readonly config: Readonly<Record<string, ConfigValue>>;
}

/** The client in `firmware/`. Its promise is the seed's, not what its build says: that may have broken it. */
export const ownProfile: FirmwareProfile = { role: 'client', periodMs: 100 };

const fileName = 'profile.json';
const idfPlaceholder = '$IDF_PATH/';

const aPattern = v.pipe(
  v.string(),
  v.check((text) => isRegExp(text), 'a regular expression'),
);
const shape = v.strictObject({
  description: v.string(),
  firmware: v.pipe(v.string(), v.minLength(1)),
  role: v.picklist(['client', 'server']),
  periodMs: v.pipe(v.number(), v.minValue(1)),
  durationMs: v.pipe(v.number(), v.minValue(1)),
  config: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  log: v.strictObject({
    tag: v.string(),
    sent: v.exactOptional(aPattern),
    received: v.exactOptional(aPattern),
    sendFailed: v.exactOptional(aPattern),
    receiveFailed: v.exactOptional(aPattern),
    socketCreated: v.exactOptional(aPattern),
    restarting: v.exactOptional(aPattern),
    listening: v.exactOptional(aPattern),
  }),
});

export interface ProfileWish {
  /** Root of the repository. */
  readonly root: string;
  /** Its folder in `specs/`. */
  readonly name: string;
  /** ESP-IDF, for firmwares that are part of it: `--idf`, else `IDF_PATH`. */
  readonly idfDir: string | undefined;
}

/**
 * Reads the profile of a firmware that is not ours.
 *
 * @throws UsageError NO_PROFILE with the names that there are; PROFILE_INVALID; PROFILE_NEEDS_IDF.
 */
export function loadProfile({ root, name, idfDir }: ProfileWish): LoadedProfile {
  const dir = join(root, 'specs', name);
  const file = join(dir, fileName);
  if (!existsSync(file)) {
    const names = listProfiles(root);
    throw new UsageError('NO_PROFILE', {
      what: `There is no profile named "${name}"`,
      where: file,
      next: names.length === 0 ? `write one: ${file}` : `choose one of ${names.join(', ')}`,
    });
  }
  const { firmware, durationMs, config, role, periodMs, log } = parse(file);
  return {
    profile: { name, role, periodMs, log },
    firmwareDir: locate(firmware, { dir, idfDir }),
    durationMs,
    config,
  };
}

function listProfiles(root: string): string[] {
  return readdirSync(join(root, 'specs'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'specs', entry.name, fileName)))
    .map((entry) => entry.name)
    .sort();
}

function parse(file: string): v.InferOutput<typeof shape> {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw invalid(file, `is no JSON: ${(cause as Error).message}`, cause);
  }
  const parsed = v.safeParse(shape, content);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw invalid(file, `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`);
}

function invalid(file: string, what: string, cause?: unknown): UsageError {
  return new UsageError('PROFILE_INVALID', {
    what: `The profile is not as it should be: ${what}`,
    where: file,
    next: 'mend it; docs/profiles.md lists its fields',
    cause,
  });
}

/** Relative to the profile's folder, or a part of ESP-IDF. */
function locate(firmware: string, { dir, idfDir }: { dir: string; idfDir: string | undefined }): string {
  if (!firmware.startsWith(idfPlaceholder)) return resolve(dir, firmware);
  if (idfDir !== undefined) return resolve(idfDir, firmware.slice(idfPlaceholder.length));
  throw new UsageError('PROFILE_NEEDS_IDF', {
    what: `The firmware of this profile is a part of ESP-IDF (${firmware}), and it is not known where that is`,
    next: "run ESP-IDF's export.sh, or name ESP-IDF (--idf DIR) or the firmware itself (--firmware DIR)",
  });
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
