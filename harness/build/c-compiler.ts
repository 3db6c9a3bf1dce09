import { createHash } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { BenchError } from '../errors.ts';
import { runTool, type ToolResult } from '../process/run-tool.ts';

/** One C file and what becomes of it. */
export interface Unit {
  readonly source: string;
  readonly object: string;
  readonly flags: readonly string[];
}

/** A C compiler. Its identity is part of what an object file depends on. */
export interface Compiler {
  /** Absolute path. */
  readonly path: string;
  /** Changes when another compiler is installed; found out without running it. */
  readonly identity: string;
}

/**
 * Finds the compiler in PATH.
 *
 * @throws {@link BenchError} `COMPILER_MISSING`
 */
export function findCompiler(name: string): Compiler {
  const candidates = isAbsolute(name)
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, name));
  const path = candidates.find(isExecutable);
  if (path === undefined) {
    throw new BenchError('COMPILER_MISSING', {
      what: `There is no C compiler "${name}" in PATH; the virtual board's firmware is compiled for this machine`,
      next: 'install one (Debian, Ubuntu: `apt install gcc libc6-dev`; Fedora: `dnf install gcc`), or name it in CC',
    });
  }
  const { size, mtimeMs } = statSync(path);
  return { path, identity: `${realpathSync(path)} ${size} ${mtimeMs}` };
}

/** Reads files once and remembers their hashes, for as long as one build takes. */
export class FileHashes {
  readonly #hashes = new Map<string, Promise<string>>();

  /** SHA-256 of the contents; `missing` when there is no such file. */
  of(path: string): Promise<string> {
    let hash = this.#hashes.get(path);
    if (hash === undefined) {
      hash = readFile(path).then(sha256, () => 'missing');
      this.#hashes.set(path, hash);
    }
    return hash;
  }
}

/** Whether the object file is what compiling its source would give, judged by the contents of all that went into it. */
export async function isUpToDate(unit: Unit, compiler: Compiler, hashes: FileHashes): Promise<boolean> {
  try {
    const record = await readFile(recordOf(unit), 'utf8');
    return record === (await keyOf(unit, compiler, hashes)) && (await hashes.of(unit.object)) !== 'missing';
  } catch {
    return false;
  }
}

/** Messages in English, whatever the user speaks: they are read by {@link compile}'s callers. */
export const COMPILER_ENV = { LC_ALL: 'C' };

/** Compiles one file. The object counts as up to date only after success, so an interrupted run is simply repeated. */
export async function compile(
  unit: Unit,
  compiler: Compiler,
  hashes: FileHashes,
  run: { readonly signal: AbortSignal | undefined; readonly logFile: string },
): Promise<ToolResult> {
  await rm(recordOf(unit), { force: true });
  const args = [...unit.flags, '-MMD', '-MF', dependenciesOf(unit), '-c', unit.source, '-o', unit.object];
  const result = await runTool({ command: compiler.path, args, env: COMPILER_ENV, ...run });
  if (result.exitCode === 0) await writeFile(recordOf(unit), await keyOf(unit, compiler, hashes));
  return result;
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Compiler, flags and the contents of the source and of each header that it included the last time. */
async function keyOf(unit: Unit, compiler: Compiler, hashes: FileHashes): Promise<string> {
  const dependencies = parseDependencies(await readFile(dependenciesOf(unit), 'utf8'));
  const contents = await Promise.all(dependencies.map(async (path) => `${path} ${await hashes.of(path)}`));
  return sha256([compiler.identity, ...unit.flags, ...contents].join('\n'));
}

/** The files behind the colon of a makefile rule: `a.o: a.c \<newline> a.h`. */
function parseDependencies(rule: string): string[] {
  const joined = rule.replaceAll('\\\n', ' ');
  const files = joined.slice(joined.indexOf(': ') + 2).match(/(?:\\ |\S)+/g) ?? [];
  return files.map((file) => file.replaceAll('\\ ', ' '));
}

function recordOf(unit: Unit): string {
  return `${unit.object}.key`;
}

function dependenciesOf(unit: Unit): string {
  return `${unit.object}.d`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
