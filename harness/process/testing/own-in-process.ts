import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Another process that has tried to own a file. */
export interface Rival extends AsyncDisposable {
  readonly pid: number;
  readonly said: 'owned' | 'refused';
  /** Ends it as no program can prepare for. */
  kill(): Promise<void>;
}

/** Lets another process own `file`, by the very code that is under test. */
export async function ownInProcess(file: string): Promise<Rival> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'own.ts'), file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as ['owned' | 'refused'];
  return {
    pid: child.pid ?? 0,
    said,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
