import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { formsOfSecret, type SecretForm } from './secret-forms.ts';

/** A place where a secret stood. It is overwritten there. */
export interface Leak {
  /** Path within the folder. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly form: SecretForm['name'];
}

const blockBytes = 1 << 20;
const newline = 0x0a;

/**
 * Looks through every file of a folder, and of the folders in it, for secrets in all their forms, and overwrites what it finds by
 * asterisks, so that the folder can be shown. Memory is bounded, however large the files.
 */
export async function eraseLeaks(dir: string, secrets: readonly string[]): Promise<Leak[]> {
  const forms = secrets.flatMap(formsOfSecret);
  if (forms.length === 0) return [];
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const leaks: Leak[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    await using file = await open(path, 'r+');
    for await (const leak of eraseInFile(file, forms))
      leaks.push({ file: path.slice(dir.length + 1), ...leak });
  }
  return leaks;
}

/** Blocks overlap by one byte less than the longest form, so that none is cut. */
async function* eraseInFile(
  file: FileHandle,
  forms: readonly SecretForm[],
): AsyncGenerator<Omit<Leak, 'file'>> {
  const overlap = Math.max(...forms.map(({ bytes }) => bytes.length)) - 1;
  const block = Buffer.alloc(blockBytes + overlap);
  let linesBefore = 0;
  for (let position = 0; ; position += blockBytes) {
    const { bytesRead } = await file.read(block, 0, block.length, position);
    const bytes = block.subarray(0, bytesRead);
    for (const { name, bytes: form } of forms) {
      for (let at = bytes.indexOf(form); at !== -1; at = bytes.indexOf(form, at)) {
        bytes.fill('*', at, at + form.length);
        await file.write(bytes, at, form.length, position + at);
        yield { line: linesBefore + countLines(bytes.subarray(0, at)) + 1, form: name };
      }
    }
    if (bytesRead <= blockBytes) return;
    linesBefore += countLines(bytes.subarray(0, blockBytes));
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}
