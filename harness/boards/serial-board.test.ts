import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildForHost } from '../build/host-build.ts';
import type { BuildDirectory } from '../build/build-directory.ts';
import { BenchError } from '../errors.ts';
import type { StageOptions } from './board.ts';
import { SerialBoard } from './serial-board.ts';

let dir: string;
let hostBuild: BuildDirectory;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hil-serial-board-'));
  // The port that nobody is behind is everybody's.
  process.env['HIL_LOCK_DIR'] = dir;
  const firmwareDir = join(import.meta.dirname, '../build/testdata/probe');
  hostBuild = (await buildForHost({ firmwareDir, buildDir: join(dir, 'build') })).buildDir;
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

function stage(): StageOptions {
  return { signal: new AbortController().signal, recordDir: dir, onProgress: () => undefined };
}

it('takes no build for this host as one for a chip, be it given or to be flashed', async () => {
  // Nobody listens there: it must be refused before anything is opened.
  const port = 'socket://127.0.0.1:9';
  await using board = new SerialBoard({
    found: { port, why: '' },
    flasher: 'auto',
    firmwareDir: dir,
    buildsDir: dir,
    firmwareConfig: {},
    buildDir: hostBuild.dir,
  });
  await expect(board.build(stage())).rejects.toThrow('HOST_BUILD: This build is for a virtual board');
  const flashing = board.flash(hostBuild, stage());
  await expect(flashing).rejects.toBeInstanceOf(BenchError);
  await expect(flashing).rejects.toThrow(`(${hostBuild.dir})`);
});
