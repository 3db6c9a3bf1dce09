import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { openBuild } from './unpack-build.ts';

/** Zip files as Python's zipfile and CI systems make them. */
const python = process.env['HIL_PYTHON'] ?? 'python3';
const hasPython = spawnSync(python, ['--version']).status === 0;

let folder: string;
let unpackDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-build-'));
  unpackDir = join(folder, 'builds');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param files by the name that they have in the zip file */
function zip(files: Readonly<Record<string, string>>): string {
  const path = join(folder, 'artefact.zip');
  const script =
    'import json, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:\n  for n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)';
  const { status, stderr } = spawnSync(python, ['-c', script, path, JSON.stringify(files)]);
  if (status !== 0) throw new Error(String(stderr));
  return path;
}

it('takes a folder as it is', async () => {
  expect(await openBuild(folder, unpackDir)).toBe(folder);
  expect(await openBuild('/nowhere', unpackDir)).toBe('/nowhere');
});

describe.skipIf(!hasPython)('a zip file (needs HIL_PYTHON or python3)', () => {
  const build = { 'project_description.json': '{}', 'bootloader/bootloader.bin': 'boot'.repeat(1000) };

  it('is unpacked once', async () => {
    const path = zip(build);
    const dir = await openBuild(path, unpackDir);
    expect(readFileSync(join(dir, 'bootloader/bootloader.bin'), 'utf8')).toBe('boot'.repeat(1000));
    writeFileSync(join(dir, 'seen'), '');
    expect(await openBuild(path, unpackDir)).toBe(dir);
    expect(readdirSync(dir)).toContain('seen');
    expect(readdirSync(unpackDir)).toHaveLength(1);
  });

  it('may hold the build some folders down, with the bootloader’s own inside', async () => {
    const dir = await openBuild(
      zip({
        'app/build/project_description.json': '{}',
        'app/build/bootloader/project_description.json': '{}',
      }),
      unpackDir,
    );
    expect(dir).toMatch(/app\/build$/);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['holds no build', { 'readme.txt': 'hello' }],
    ['holds 2 builds: a, b', { 'a/project_description.json': '{}', 'b/project_description.json': '{}' }],
    ['invalid relative path', { '../escape': 'x', ...build }],
  ])('that %s is told so', async (sentence, files) => {
    const opening = openBuild(zip(files), unpackDir);
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(sentence);
    expect(readdirSync(folder).filter((name) => name === 'escape')).toEqual([]);
  });
});

it('is no zip file', async () => {
  mkdirSync(unpackDir);
  const path = join(folder, 'build.zip');
  writeFileSync(path, 'not a zip file at all');
  await expect(openBuild(path, unpackDir)).rejects.toThrow("NO_BUILD: The zip file can't be unpacked");
  expect(readdirSync(unpackDir)).toEqual([]);
});
