import { join } from 'node:path';
import { findCompiler } from '../build/c-compiler.ts';
import { BenchError } from '../errors.ts';
import { runTool } from '../process/run-tool.ts';
import { startProgram, type RunningProgram } from '../process/start-program.ts';

/** The program of peer.c, compiled: the plainest server, senders, hogs, a packet capture. */
export class PeerProgram {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async compile(dir: string): Promise<PeerProgram> {
    const path = join(dir, 'peer');
    const source = join(import.meta.dirname, 'peer.c');
    const { exitCode, stderr } = await runTool({
      command: findCompiler(process.env['CC'] ?? 'cc').path,
      args: ['-O2', '-o', path, source],
    });
    if (exitCode === 0) return new PeerProgram(path);
    throw new BenchError('PEER_NOT_BUILT', {
      what: 'The peer that the benchmark compares with does not compile',
      where: source,
      evidence: stderr.split('\n').slice(0, 5),
    });
  }

  /** Runs a task to its end. @returns the lines that it printed */
  async run(task: string, ...numbers: readonly number[]): Promise<readonly string[]> {
    const { exitCode, stdout, stderr } = await runTool({
      command: this.#path,
      args: [task, ...numbers.map(String)],
    });
    if (exitCode === 0) return stdout === '' ? [] : stdout.split('\n');
    throw new BenchError('PEER_FAILED', { what: `${task} failed: ${stderr.trim()}`, where: this.#path });
  }

  async numbers(task: string, ...numbers: readonly number[]): Promise<readonly number[]> {
    return (await this.run(task, ...numbers)).map(Number);
  }

  /** Starts a task that goes on until it is disposed of; resolves when it is ready. */
  async start(
    task: string,
    numbers: readonly number[],
    onLine?: (line: string) => void,
  ): Promise<RunningProgram> {
    return startProgram({
      command: this.#path,
      args: [task, ...numbers.map(String)],
      name: `peer's ${task}`,
      readyTimeoutMs: 5_000,
      ...(onLine && { onLine }),
    });
  }
}
