import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** SHA-256 in hex, by the file's path within its folder, with `/`; in the order of the paths. */
export type Digests = ReadonlyMap<string, string>;

/** The digests of all files of a folder, and of the folders in it. What is neither file nor folder has none: `undefined`. */
export async function digestFolder(dir: string): Promise<ReadonlyMap<string, string | undefined>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const digests = new Map<string, string | undefined>();
  for (const entry of entries.filter((candidate) => !candidate.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(dir, path).replaceAll(sep, '/');
    digests.set(name, entry.isFile() ? await digestFile(path) : undefined);
  }
  return new Map([...digests].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 in hex. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** As `sha256sum` writes them, so that `sha256sum -c` reads them. */
export function renderSums(digests: Digests): string {
  return [...digests].map(([name, sha256]) => `${sha256}  ${name}\n`).join('');
}

/** @returns undefined when the text is not what {@link renderSums} writes, to the byte. */
export function parseSums(text: string): Digests | undefined {
  const lines = text.split('\n').slice(0, -1);
  const sums = new Map(
    lines.map((line) => {
      const [, sha256 = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      return [name, sha256];
    }),
  );
  return renderSums(sums) === text ? sums : undefined;
}
