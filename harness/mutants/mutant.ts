import { parseDurationMs } from '../bench/options.ts';
import { UsageError } from '../errors.ts';

/** A broken firmware: how it differs from the real one, and how the specs must find it out. */
export interface Mutant {
  /** Name of its file without `.patch`. */
  readonly name: string;
  /** The bug that it imitates, in one sentence. */
  readonly bug: string;
  /** Claims that must fail; the first one tells the bug. */
  readonly killedBy: readonly [string, ...string[]];
  /** What the first claim's message must contain, so that the reader knows the bug by it: one of these. */
  readonly says: readonly [string, ...string[]];
  /** Kconfig options that make it, as lines of an sdkconfig file. */
  readonly config: readonly string[];
  /** It holds a diff of the firmware, for `git apply`. */
  readonly hasDiff: boolean;
  /** How long it must be watched undisturbed; absent: as long as all. */
  readonly durationMs?: number;
  /** It is flashed onto a board on which an OTA update has put the firmware as it is. */
  readonly afterOta: boolean;
  /** One of the representative tenth, which the fast tests run. */
  readonly tenth: boolean;
}

const diffBegins = /^(?:diff --git|--- )/m;

/**
 * Reads a mutant's file: its sentence, an empty line, `Name: value` lines, an empty line, and a unified diff, in front of
 * which `git apply` skips everything.
 *
 * @throws UsageError MUTANT_MALFORMED
 */
export function parseMutant(name: string, text: string): Mutant {
  const malformed = (what: string): UsageError =>
    new UsageError('MUTANT_MALFORMED', {
      what,
      where: `specs/mutants/${name}.patch`,
      next: 'see "A mutant" in CONTRIBUTING.md',
    });
  const diffAt = text.search(diffBegins);
  const head = diffAt < 0 ? text : text.slice(0, diffAt);
  const [bug = '', block = ''] = head.trim().split(/\n{2,}/);
  const fields = block.split('\n').map((line) => {
    const [, field = '', value = ''] = /^([A-Z][a-z-]+): (.*\S)\s*$/.exec(line) ?? [];
    if (!fieldNames.has(field)) throw malformed(`"${line}" is none of ${[...fieldNames].join(', ')}`);
    return { field, value };
  });
  const all = (wanted: string) => fields.filter(({ field }) => field === wanted).map(({ value }) => value);
  const [killer, ...killers] = all('Killed-by').flatMap((ids) => ids.split(/,\s*/));
  const [says, ...orSays] = all('Says');
  if (bug === '' || killer === undefined || says === undefined) {
    throw malformed('A mutant needs a sentence, Killed-by and Says');
  }
  const config = all('Config').map((line) => `CONFIG_${line}`);
  if (diffAt < 0 && config.length === 0)
    throw malformed('A mutant needs a diff or Config, or it is no mutant');
  const [duration] = all('Duration');
  const durationMs = duration === undefined ? undefined : parseDurationMs(duration);
  if (Number.isNaN(durationMs))
    throw malformed(`Duration must be a time such as 5s, got "${duration ?? ''}"`);
  return {
    name,
    bug: bug.replaceAll('\n', ' '),
    killedBy: [killer, ...killers],
    says: [says, ...orSays],
    config,
    hasDiff: diffAt >= 0,
    ...(durationMs !== undefined && { durationMs }),
    afterOta: all('After-ota').includes('yes'),
    tenth: all('Tenth').includes('yes'),
  };
}

const fieldNames = new Set(['Killed-by', 'Says', 'Config', 'Duration', 'After-ota', 'Tenth']);
