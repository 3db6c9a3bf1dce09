import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lastLines, runTool } from './run-tool.ts';

/** A program that prints the ids of itself and of a child that would live on, both deaf to TERM. */
const FAMILY = `trap '' TERM; sleep 60 & echo "$$ $!"; wait; wait`;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'run-tool-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

/** States of the processes that still run; one that only waits to be collected by its parent doesn't. */
async function statesOf(pids: readonly string[]): Promise<string[]> {
  const { stdout } = await runTool({ command: 'ps', args: ['-o', 'stat=', '-p', pids.join(',')] });
  return stdout.split('\n').filter((state) => state !== '' && !state.startsWith('Z'));
}

describe('runTool', () => {
  test('returns what the tool said and how it ended', async () => {
    const result = await runTool({ command: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3'] });
    expect(result).toMatchObject({ exitCode: 3, stdout: 'out', stderr: 'err' });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  test('counts a death by signal as a shell does', async () => {
    const result = await runTool({ command: 'sh', args: ['-c', 'kill -9 $$'] });
    expect(result).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('ends what a tool had started when somebody kills it', async () => {
    const pids: string[] = [];
    const onLine = (line: string): void => {
      pids.push(...line.split(' '));
      process.kill(Number(pids[0]), 'SIGKILL');
    };
    const { signal } = await runTool({ command: 'bash', args: ['-c', FAMILY], onLine, timeoutMs: 4_000 });
    expect(signal).toBe('SIGKILL');
    expect(pids).toHaveLength(2);
    expect(await statesOf(pids)).toEqual([]);
  });

  test('gives the tool its directory, environment and no input', async () => {
    const { stdout } = await runTool({
      command: 'sh',
      args: ['-c', 'pwd; echo $A; cat'],
      cwd: dir,
      env: { A: 'b' },
    });
    expect(stdout).toBe(`${dir}\nb`);
  });

  test('keeps command and output in the log file', async () => {
    const logFile = join(dir, 'deep', 'tool.log');
    await runTool({ command: 'echo', args: ['one'], logFile });
    await runTool({ command: 'echo', args: ['two'], logFile });
    expect(await readFile(logFile, 'utf8')).toBe('$ echo one\none\n$ echo two\ntwo\n');
  });

  test('tells each line as it comes', async () => {
    const lines: string[] = [];
    await runTool({ command: 'printf', args: ['a\\nb\\n'], onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b']);
  });

  test('says which program is missing', async () => {
    await expect(runTool({ command: 'no-such-tool', args: [] })).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringContaining('"no-such-tool"') as string,
    });
  });

  test('ends the whole process group when aborted, even if it is deaf to TERM', async () => {
    const abort = new AbortController();
    const pids: string[] = [];
    const onLine = (line: string): void => {
      pids.push(...line.split(' '));
      abort.abort(new Error('enough'));
    };
    await expect(
      runTool({ command: 'bash', args: ['-c', FAMILY], signal: abort.signal, onLine }),
    ).rejects.toThrow('enough');
    expect(pids).toHaveLength(2);
    expect(await statesOf(pids)).toEqual([]);
  });

  test('ends a tool that takes too long, with its last words', async () => {
    const run = runTool({ command: 'sh', args: ['-c', 'echo working; exec sleep 60'], timeoutMs: 200 });
    await expect(run).rejects.toMatchObject({ code: 'TOOL_TIMEOUT', story: { evidence: ['working'] } });
  });

  test('starts nothing when already aborted', async () => {
    const run = runTool({
      command: 'touch',
      args: [join(dir, 'ran')],
      signal: AbortSignal.abort(new Error('no')),
    });
    await expect(run).rejects.toThrow('no');
    await expect(readFile(join(dir, 'ran'))).rejects.toThrow();
  });
});

test('lastLines leaves empty lines out', () => {
  expect(lastLines('a\n\nb\r\n  \nc\n', 2)).toEqual(['b', 'c']);
});
