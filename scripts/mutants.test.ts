/** Broken firmwares against the claims, as `npm run mutants` runs them: the representative tenth, and that a lost kill shows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Matrix } from '../harness/mutants/matrix.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'mutants-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Bounds a hang on a busy host; half a minute is usual. */
const timeoutMs = 180_000;

it(
  'the representative tenth is found out, and the firmware as it is passes',
  { timeout: timeoutMs },
  async () => {
    const { exitCode, output, matrix } = await runMutants(root, ['--tenth']);
    expect(output).toMatch(/^complete: (\d+) of \1 mutants killed/m);
    expect(exitCode).toBe(0);
    expect(matrix?.healthy?.outcome).toBe('passed');
    expect(matrix?.missing).toEqual([]);
  },
);

describe('a bound that is loosened', () => {
  it('loses a kill, and the matrix says which', { timeout: timeoutMs }, async () => {
    const checkout = copyCheckout();
    const bounds = join(checkout, 'specs/bounds.ts');
    const text = readFileSync(bounds, 'utf8');
    const loosened = text.replace('meanPeriodMs: within(100, 1, {', 'meanPeriodMs: within(100, 20, {');
    expect(loosened).not.toBe(text);
    writeFileSync(bounds, loosened);
    const { exitCode, output, matrix } = await runMutants(checkout, ['--only', 'period-110']);
    expect(output).toMatch(/✗ period-110: killed by the wrong claim only: cadence\.mean holds/);
    expect(matrix?.missing).toHaveLength(1);
    expect(exitCode).toBe(1);
  });
});

describe('the command line', () => {
  it.each([
    [['--only', 'nobody'], /NO_SUCH_MUTANT: There is no mutant named "nobody"/],
    [['--jobs', 'x'], /--jobs must be a number/],
  ])('%j is wrong usage: exit 64 and one sentence', async (args, sentence) => {
    const { exitCode, output } = await runMutants(root, args);
    expect(output).toMatch(sentence);
    expect(output).not.toMatch(/^\s+at /m);
    expect(exitCode).toBe(64);
  });

  it('tells its options', async () => {
    const { exitCode, output } = await runMutants(root, ['--help']);
    expect(exitCode).toBe(0);
    expect(output).toContain('--tenth');
  });
});

/** A checkout of its own, whose specs can be changed. */
function copyCheckout(): string {
  const dir = join(scratch, 'checkout');
  for (const part of ['package.json', 'tsconfig.json', 'harness', 'scripts', 'specs', 'firmware']) {
    cpSync(join(root, part), join(dir, part), {
      recursive: true,
      filter: (source) => !/\/firmware\/build|\/specs\/data$/.test(source),
    });
  }
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
  return dir;
}

interface Finished {
  readonly exitCode: number | null;
  readonly output: string;
  readonly matrix: Matrix | undefined;
}

async function runMutants(checkout: string, args: readonly string[]): Promise<Finished> {
  const jsonFile = join(scratch, 'matrix.json');
  rmSync(jsonFile, { force: true });
  const child = spawn(
    process.execPath,
    [join(checkout, 'scripts/start.cjs'), 'mutants', '--json', jsonFile, ...args],
    { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output, matrix: readMatrix(jsonFile) };
}

/** Absent when the run came to none. */
function readMatrix(file: string): Matrix | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Matrix;
  } catch {
    return undefined;
  }
}
