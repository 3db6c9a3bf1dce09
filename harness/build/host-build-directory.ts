import { join } from 'node:path';
import { sha256 } from './c-compiler.ts';
import {
  APP_AT,
  BOOTLOADER_AT,
  FLASH_SETTINGS,
  makeAppImage,
  makeBootloaderImage,
  makePartitionTable,
  PARTITION_TABLE_AT,
} from './host-image.ts';
import { writeWhole } from './write-file.ts';

export interface HostBuildResult {
  readonly buildDir: string;
  readonly projectDir: string;
  readonly projectName: string;
  readonly projectVersion: string;
  readonly idfVersion: string;
  /** The program with its symbols, and without. */
  readonly elf: Buffer;
  readonly stripped: Buffer;
}

/** Writes images and descriptions, in the layout and with the names that ESP-IDF v6 gives them for an ESP32. */
export async function writeBuildDirectory(result: HostBuildResult): Promise<void> {
  const { buildDir, projectName, idfVersion } = result;
  const builtAt = new Date().toUTCString().slice(5, 25);
  const files = {
    [`bootloader/bootloader.bin`]: makeBootloaderImage(idfVersion, builtAt),
    [`partition_table/partition-table.bin`]: makePartitionTable(),
    [`${projectName}.bin`]: makeAppImage(result.stripped, sha256(result.elf)),
    flash_args: renderFlashArgs(projectName),
    'flasher_args.json': toJson(flasherArgs(projectName)),
    'project_description.json': toJson(projectDescription(result)),
  };
  for (const [name, contents] of Object.entries(files)) {
    await writeWhole(join(buildDir, name), contents);
  }
}

function flashFiles(projectName: string): Record<string, string> {
  return {
    [hex(BOOTLOADER_AT)]: 'bootloader/bootloader.bin',
    [hex(APP_AT)]: `${projectName}.bin`,
    [hex(PARTITION_TABLE_AT)]: 'partition_table/partition-table.bin',
  };
}

function renderFlashArgs(projectName: string): string {
  const { mode, freq, size } = FLASH_SETTINGS;
  const files = Object.entries(flashFiles(projectName)).map(([offset, file]) => `${offset} ${file}`);
  return [`--flash-mode ${mode} --flash-freq ${freq} --flash-size ${size}`, ...files, ''].join('\n');
}

function flasherArgs(projectName: string): object {
  const { mode, freq, size } = FLASH_SETTINGS;
  const entry = (offset: number, file: string): object => ({ offset: hex(offset), file, encrypted: 'false' });
  return {
    write_flash_args: ['--flash-mode', mode, '--flash-size', size, '--flash-freq', freq],
    flash_settings: { flash_mode: mode, flash_size: size, flash_freq: freq },
    flash_files: flashFiles(projectName),
    bootloader: entry(BOOTLOADER_AT, 'bootloader/bootloader.bin'),
    app: entry(APP_AT, `${projectName}.bin`),
    'partition-table': entry(PARTITION_TABLE_AT, 'partition_table/partition-table.bin'),
    extra_esptool_args: { after: 'hard-reset', before: 'default-reset', stub: true, chip: 'esp32' },
  };
}

function projectDescription({
  buildDir,
  projectDir,
  projectName,
  projectVersion,
  idfVersion,
}: HostBuildResult): object {
  return {
    version: '1.2',
    project_name: projectName,
    project_version: projectVersion,
    project_path: projectDir,
    build_dir: buildDir,
    config_file: join(buildDir, 'config', 'sdkconfig.json'),
    app_elf: `${projectName}.elf`,
    app_bin: `${projectName}.bin`,
    build_type: 'flash_app',
    git_revision: idfVersion,
    target: 'esp32',
    min_rev: '0',
    max_rev: '399',
    phy_data_partition: '',
    monitor_baud: '115200',
    monitor_toolprefix: '',
  };
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 4)}\n`;
}
