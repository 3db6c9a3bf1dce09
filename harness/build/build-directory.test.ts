import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeAppDescription } from './app-description.ts';
import { readBuildDirectory } from './build-directory.ts';
import { CHIP_ID_ESP32, serialiseImage } from './esp-image.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'build-directory-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

async function put(name: string, contents: object | Buffer): Promise<void> {
  const path = join(dir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.isBuffer(contents) ? contents : JSON.stringify(contents));
}

const ELF_SHA256 = '0d741d285dadbba7'.repeat(4);

function appImage(): Buffer {
  const description = writeAppDescription({
    version: '1',
    projectName: 'udp_client',
    time: '13:39:45',
    date: 'Nov 23 2026',
    idfVersion: 'v5.1.7',
    elfSha256: ELF_SHA256,
  });
  return serialiseImage({
    chipId: CHIP_ID_ESP32,
    entry: 0x40080400,
    flash: { mode: 'dio', freq: '40m', size: '2MB' },
    segments: [{ loadAddress: 0x3f400020, data: description }],
    hashAppended: true,
    minRevision: 0,
    maxRevision: 399,
  });
}

/** What v5.1 and v6.0 write, as far as they differ or we read it. */
const PROJECT = {
  git_revision: 'v5.1.7',
  target: 'esp32',
  app_elf: 'udp_client.elf',
  app_bin: 'udp_client.bin',
};
const FLASHER_ARGS = {
  flash_settings: { flash_mode: 'dio', flash_size: '2MB', flash_freq: '40m' },
  flash_files: {
    '0x1000': 'bootloader/bootloader.bin',
    '0x10000': 'udp_client.bin',
    '0x8000': 'partition_table/partition-table.bin',
  },
  app: { offset: '0x10000', file: 'udp_client.bin', encrypted: 'false' },
};

describe('readBuildDirectory', () => {
  test.each([
    ['v5.1', '1.0', ['--flash_mode', 'dio'], { after: 'hard_reset' }],
    ['v6.0', '1.3', ['--flash-mode', 'dio'], { after: 'hard-reset' }],
  ])('reads what ESP-IDF %s leaves', async (_, version, writeArgs, extraArgs) => {
    await put('project_description.json', {
      ...PROJECT,
      version,
      project_name: 'udp_client',
      project_version: 'v1.2',
      project_path: '/src/udp_client',
      monitor_toolprefix: 'xtensa-esp32-elf-',
      c_compiler: '/opt/xtensa/bin/xtensa-esp32-elf-gcc',
    });
    await put('flasher_args.json', {
      ...FLASHER_ARGS,
      write_flash_args: writeArgs,
      extra_esptool_args: extraArgs,
    });
    await put('udp_client.bin', appImage());
    await put('config/sdkconfig.json', { EXAMPLE_PORT: 3333 });

    expect(await readBuildDirectory(dir)).toEqual({
      dir,
      projectName: 'udp_client',
      projectVersion: 'v1.2',
      idfVersion: 'v5.1.7',
      target: 'esp32',
      appElfPath: join(dir, 'udp_client.elf'),
      projectDir: '/src/udp_client',
      toolPrefix: 'xtensa-esp32-elf-',
      compilerPath: '/opt/xtensa/bin/xtensa-esp32-elf-gcc',
      elfSha256: ELF_SHA256,
      flashFiles: [
        { offset: 0x1000, path: join(dir, 'bootloader/bootloader.bin') },
        { offset: 0x8000, path: join(dir, 'partition_table/partition-table.bin') },
        { offset: 0x10000, path: join(dir, 'udp_client.bin') },
      ],
      flashSettings: { mode: 'dio', freq: '40m', size: '2MB' },
      app: { offset: 0x10000, path: join(dir, 'udp_client.bin') },
      config: { EXAMPLE_PORT: 3333 },
    });
  });

  test('reads a build for target linux, which is not flashed', async () => {
    await put('project_description.json', { ...PROJECT, project_name: 'udp_client', target: 'linux' });
    const build = await readBuildDirectory(dir);
    expect(build.flashFiles).toEqual([]);
    expect(build.app).toBeUndefined();
  });

  test('says which file is missing', async () => {
    await expect(readBuildDirectory(dir)).rejects.toMatchObject({
      code: 'NO_BUILD',
      message: expect.stringContaining('project_description.json') as string,
    });
    await put('project_description.json', { ...PROJECT, project_name: 'udp_client' });
    await put('flasher_args.json', FLASHER_ARGS);
    await expect(readBuildDirectory(dir)).rejects.toThrow(join(dir, 'udp_client.bin'));
  });

  test('says what is wrong with a file', async () => {
    await put('project_description.json', { target: 7 });
    await expect(readBuildDirectory(dir)).rejects.toThrow(
      /project_description\.json\).*"project_name" is no text/s,
    );
  });
});
