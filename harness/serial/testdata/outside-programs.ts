import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { elapsedMs, hostNow } from '../../time/clock.ts';

/** A Python with pyserial: `HIL_PYTHON`, else `python3`. Undefined where there is none. */
export const pythonWithPyserial = findPython('serial');
export const pythonWithEsptool = findPython('esp_rfc2217_server');

function findPython(moduleName: string): string | undefined {
  const python = process.env['HIL_PYTHON'] ?? 'python3';
  const found = spawnSync(python, ['-c', `import ${moduleName}`], { stdio: 'ignore', timeout: 10_000 });
  return found.status === 0 ? python : undefined;
}

/** Path of a program, also where only root's PATH leads. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A program that runs beside a test, and ends with it. */
export interface OutsideProgram extends AsyncDisposable {
  /** What it printed so far. */
  readonly lines: readonly string[];
  /** The first line that matches; waits for it. Rejects when the program ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
}

export function startProgram(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): OutsideProgram {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1', ...environment },
  });
  const lines: string[] = [];
  let onLine: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (text) => {
      lines.push(text);
      onLine();
    });
  }
  const exited = once(child, 'exit');
  return {
    lines,
    async line(pattern) {
      const found = new Promise<RegExpExecArray>((resolve) => {
        onLine = () => {
          const match = lines.map((text) => pattern.exec(text)).find((result) => result !== null);
          if (match) resolve(match);
        };
        onLine();
      });
      const ended = exited.then(() => {
        throw new Error(`${command} ended without ${String(pattern)}:\n${lines.join('\n')}`);
      });
      return Promise.race([found, ended]);
    },
    [Symbol.asyncDispose]: async () => endProgram(child, exited),
  };
}

async function endProgram(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}

/** A TCP port that nobody uses at the moment, for programs that can't pick one themselves. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Tries until it works: for programs that don't tell when they are ready. */
export async function untilItWorks<T>(attempt: () => Promise<T>, limitMs: number): Promise<T> {
  const startedAtNs = hostNow();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (elapsedMs(startedAtNs) > limitMs) throw error;
    }
  }
}
