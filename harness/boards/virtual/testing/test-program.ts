import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./test-program.c', import.meta.url));

/** Compiles `test-program.c` for this host; about 0.1 s. */
export function compileTestProgram(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'test-program-'));
  try {
    const file = join(folder, 'program');
    execFileSync(process.env['CC'] ?? 'cc', ['-Wall', '-Werror', '-s', '-o', file, source]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
