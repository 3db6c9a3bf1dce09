import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Two pseudo-terminals joined like the ends of a cable. */
export interface PtyPair extends AsyncDisposable {
  readonly one: string;
  readonly other: string;
  /** Ends it at once, as when a cable is pulled. */
  pull(): void;
}

/** Whether the host has socat, which makes the pairs. Tests that need one are skipped without it. */
export const hasSocat = isOnPath('socat');

/** @param at folder that gets the links to its ends; default: one of its own, which goes with it */
export async function startPtyPair(at?: string): Promise<PtyPair> {
  const folder = at ?? (await mkdtemp(join(tmpdir(), 'hil-pty-')));
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  const end = (path: string): string => `pty,raw,echo=0,link=${path}`;
  // Twice -d: notices, of which "starting data transfer loop" says that both ends are there.
  const socat = spawn('socat', ['-d', '-d', end(one), end(other)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(socat, 'exit');
  const started = new Promise<void>((resolve) => {
    createInterface(socat.stderr).on('line', (line) => {
      if (line.includes('starting data transfer loop')) resolve();
    });
  });
  await Promise.race([
    started,
    exited.then(() => {
      throw new Error('socat ended');
    }),
  ]);
  return {
    one,
    other,
    pull: () => void socat.kill('SIGKILL'),
    async [Symbol.asyncDispose]() {
      socat.kill('SIGKILL');
      await exited;
      if (at === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
