/** Espressif's own `esp-idf-sbom`, where it is in PATH; and what is said where it is not. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { BuildDirectory } from '../build/build-directory.ts';
import { makeSbom, sbomFile } from './sbom.ts';

const scratch = mkdtempSync(join(tmpdir(), 'hil-sbom-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What ESP-IDF tells of a project without components. */
const bare = {
  version: '1.2',
  project_name: 'bare',
  project_version: '1.2.3',
  project_path: scratch,
  build_dir: scratch,
  idf_path: scratch,
  git_revision: 'v6.0.2',
  target: 'esp32',
  app_elf: 'bare.elf',
  config_file: join(scratch, 'sdkconfig'),
  monitor_toolprefix: 'xtensa-esp32-elf-',
  c_compiler: '/bin/cc',
  build_components: [],
  build_component_info: {},
  all_component_info: {},
  min_rev: '0',
};

const isInstalled = spawnSync('esp-idf-sbom', ['--version']).status === 0;

describe('a list of components', () => {
  it('can’t be had of a build that tells none', async () => {
    expect(await makeSbom(build({ project_name: 'x' }), scratch)).toEqual({
      absent: 'the build tells no components: it was not made by ESP-IDF',
    });
  });

  it('can’t be had without the tool, and how to come by it is said', async () => {
    vi.stubEnv('PATH', scratch);
    expect(await makeSbom(build(bare), scratch)).toEqual({
      absent: 'There is no program "esp-idf-sbom" that can be run; it comes by `pip install esp-idf-sbom`',
    });
  });
});

describe(`esp-idf-sbom${isInstalled ? '' : ' (skipped: it is not in PATH: pip install esp-idf-sbom)'}`, () => {
  it.skipIf(!isInstalled)('lists them, without a network', async () => {
    for (const name of ['sdkconfig', 'bare.map']) writeFileSync(join(scratch, name), '');
    const sbom = await makeSbom(build(bare), scratch);
    expect(sbom).toEqual({ file: sbomFile });
    expect(JSON.parse(readFileSync(join(scratch, sbomFile), 'utf8'))).toMatchObject({
      spdxVersion: expect.stringMatching(/^SPDX-/) as string,
      name: 'bare',
    });
  });

  it.skipIf(!isInstalled)('that fails is quoted', async () => {
    expect(await makeSbom(build({ build_component_info: {} }), scratch)).toEqual({
      absent: expect.stringMatching(
        /^esp-idf-sbom failed with exit code \d+: .*does not support SBOM/,
      ) as string,
    });
  });
});

function build(description: object): BuildDirectory {
  const dir = mkdtempSync(join(scratch, 'build-'));
  writeFileSync(join(dir, 'project_description.json'), JSON.stringify(description));
  return { dir } as BuildDirectory;
}
