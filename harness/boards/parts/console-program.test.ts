import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConsoleProgram, type ProgramEnd } from './console-program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'console-program-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs a piece of JavaScript as the chip; `meanwhile` before any of its output can be read. */
async function run(script: string, meanwhile: (program: ConsoleProgram) => void = () => undefined) {
  let output = '';
  const end = await new Promise<ProgramEnd>((resolve) => {
    const program = new ConsoleProgram({
      command: process.execPath,
      args: ['-e', script],
      onOutput: (bytes) => (output += bytes.toString('latin1')),
      onEnd: resolve,
    });
    meanwhile(program);
  });
  return { output, end };
}

it('has room for a boot log that is written byte by byte while we are busy, as emulators do it', async () => {
  const fifo = join(scratch, 'refused');
  execFileSync('mkfifo', [fifo]);
  let refused = '';
  const { output } = await run(
    `const { writeSync, writeFileSync } = require('node:fs');
     new (require('node:net').Socket)({ fd: 1 }); // From now on it doesn't block, like QEMU's.
     let refused = 0;
     for (let at = 0; at < 20_000; at++) try { writeSync(1, 'x'); } catch { refused++; }
     writeFileSync(${JSON.stringify(fifo)}, String(refused));
     process.exit();`,
    // Nothing else of this process runs until the program has written it all.
    () => (refused = readFileSync(fifo, 'utf8')),
  );
  expect(refused).toBe('0');
  expect(output).toBe('x'.repeat(20_000));
});

it('hears all of what comes at once: a block of esptool has 5.9 kB', async () => {
  const { end } = await run(
    `let heard = 0;
     process.stdin.on('data', (bytes) => (heard += bytes.length) === 6000 && process.exit(9));`,
    (program) => program.write(Buffer.alloc(6000)),
  );
  expect(end).toEqual({ kind: 'exited', code: 9 });
});

it('tells its end after the last of its output', async () => {
  const { output, end } = await run(`process.stdout.write('x'.repeat(300_000), () => process.exit(7))`);
  expect(output).toHaveLength(300_000);
  expect(end).toEqual({ kind: 'exited', code: 7 });
});
