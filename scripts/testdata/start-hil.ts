import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface HilStart {
  /** Boards of its bench file; absent: it has none. */
  readonly bench?: readonly object[];
  /** A folder for what the run leaves beside its record; its locks, too, are those of the test alone. */
  readonly scratch: string;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Finished<Result> {
  readonly exitCode: number | null;
  readonly output: string;
  /** Of `--json`; absent when there is none. */
  readonly result: Result | undefined;
}

export interface RunningHil<Result> {
  readonly process: ChildProcess;
  readonly ended: Promise<Finished<Result>>;
  /** So far. */
  readonly output: string;
  /** Resolves when the output matches all of these. */
  says(...patterns: readonly RegExp[]): Promise<void>;
}

/** `npm run hil` as a process in a group of its own, as a terminal gives it. */
export function startHil<Result>(args: readonly string[], start: HilStart): RunningHil<Result> {
  const { bench, scratch, env } = start;
  const name = randomUUID();
  const config = bench === undefined ? [] : ['--config', join(scratch, `${name}-bench.json`)];
  const jsonFile = join(scratch, `${name}.json`);
  for (const file of config.slice(1)) writeFileSync(file, JSON.stringify({ boards: bench }));
  const child = spawn(
    process.execPath,
    ['scripts/start.cjs', 'hil', ...config, '--json', jsonFile, ...args],
    {
      cwd: root,
      env: { ...process.env, CI: 'true', HIL_LOCK_DIR: scratch, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  let output = '';
  const heard = new EventTarget();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      heard.dispatchEvent(new Event('output'));
    });
  }
  return {
    process: child,
    get output() {
      return output;
    },
    ended: once(child, 'close').then(([exitCode]: unknown[]) => ({
      exitCode: exitCode as number | null,
      output,
      result: existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as Result) : undefined,
    })),
    says: async (...patterns) => {
      while (!patterns.every((pattern) => pattern.test(output))) await once(heard, 'output');
    },
  };
}

/** Of a test's runs, with everything that they started: known by the folder of their locks. */
export function processesOf(scratch: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'environ'), 'utf8').includes(`HIL_LOCK_DIR=${scratch}\0`);
      } catch {
        // Ended while we looked.
        return false;
      }
    });
}
