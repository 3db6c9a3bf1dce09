/** The real idf.py, on the linux target. Where no ESP-IDF is exported these tests are skipped, and say so. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HilError } from '../../errors.ts';
import type { ConfigValue } from '../kconfig.ts';
import { findIdf } from './find-idf.ts';
import { buildWithIdf } from './idf-build.ts';

const root = join(import.meta.dirname, '../../..');
const scratch = mkdtempSync(join(tmpdir(), 'idf-build-test-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const isExported = process.env['IDF_PATH'] !== undefined;
const suite = `idf.py${isExported ? '' : ' (skipped: no ESP-IDF is exported, IDF_PATH is not set)'}`;

/** A chip that there is a compiler for. */
const [chipTarget] = [
  ['esp32c3', 'riscv32-esp-elf-gcc'],
  ['esp32', 'xtensa-esp32-elf-gcc'],
].find(([, compiler = '']) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, compiler))),
) ?? [undefined];

/** An app that does nothing, which takes more than its partition of 64 KiB all the same. */
const smallProject = {
  'CMakeLists.txt':
    'cmake_minimum_required(VERSION 3.16)\ninclude($ENV{IDF_PATH}/tools/cmake/project.cmake)\nidf_build_set_property(MINIMAL_BUILD ON)\nproject(small)\n',
  'main/CMakeLists.txt': 'idf_component_register(SRCS "main.c")\n',
  'main/main.c': 'void app_main(void) {}\n',
  'partitions.csv': 'factory, app, factory, 0x10000, 0x10000\n',
  'sdkconfig.defaults': 'CONFIG_PARTITION_TABLE_CUSTOM=y\n',
};

interface Wish {
  /** The files of a project; absent: a copy of the firmware. */
  readonly project?: Readonly<Record<string, string>>;
  readonly edits?: Readonly<Record<string, (text: string) => string>>;
  readonly config?: Readonly<Record<string, ConfigValue>>;
  readonly target?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Builds a copy of the firmware; one of the same name builds on what the one before has left. */
async function build(name: string, { project, edits = {}, target = 'linux', ...wish }: Wish = {}) {
  const firmwareDir = join(scratch, name);
  for (const [file, text] of Object.entries(project ?? {})) {
    mkdirSync(dirname(join(firmwareDir, file)), { recursive: true });
    writeFileSync(join(firmwareDir, file), text);
  }
  // Copied once: a new copy would be newer than what was built of it.
  if (!existsSync(firmwareDir)) {
    cpSync(join(root, 'firmware'), firmwareDir, {
      recursive: true,
      filter: (source) => !/\/build[^/]*$/.test(source),
    });
  }
  for (const [file, edit] of Object.entries(edits)) {
    const path = join(firmwareDir, file);
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  }
  return await buildWithIdf({
    idf: await findIdf({}),
    firmwareDir,
    target,
    buildDir: join(firmwareDir, `build-${target}`),
    logFile: join(scratch, `${name}.log`),
    ...wish,
  });
}

async function failureOf(name: string, wish: Wish): Promise<HilError> {
  return await build(name, wish).then(
    () => {
      throw new Error('the build succeeded');
    },
    (error: unknown) => error as HilError,
  );
}

/** Processes with this folder in their command line. */
function processesAt(folder: string): { readonly pid: number; readonly words: readonly string[] }[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.some((word) => word.includes(folder)) ? [{ pid: Number(name), words }] : [];
    } catch {
      // No process, or one that has ended meanwhile.
      return [];
    }
  });
}

it('tells of any idf.py that somebody has killed it, and leaves nothing of it behind', async () => {
  // A stand-in that is at work for ever, so that this is also seen where there is no ESP-IDF.
  const tools = join(scratch, 'stand-in/tools');
  mkdirSync(tools, { recursive: true });
  const script = "#!/bin/sh\necho '[1/9] Building C object a.c.o'\nsleep 1000 &\nwait\n";
  writeFileSync(join(tools, 'idf.py'), script, { mode: 0o755 });
  const buildDir = join(scratch, 'stand-in/build');
  const failure = buildWithIdf({
    idf: { dir: join(scratch, 'stand-in'), why: '', env: { PATH: `${tools}:${process.env['PATH'] ?? ''}` } },
    firmwareDir: scratch,
    target: 'linux',
    buildDir,
    logFile: join(scratch, 'stand-in.log'),
    onProgress: () => {
      for (const { pid } of processesAt(buildDir)) process.kill(pid, 'SIGKILL');
    },
  });
  await expect(failure).rejects.toMatchObject({ fault: 'bench', code: 'BUILD_KILLED' });
  await expect(failure).rejects.toThrow(/idf\.py was ended from outside, by SIGKILL[^]*\| \[1\/9\] Building/);
  expect(processesAt(buildDir)).toEqual([]);
});

describe.skipIf(!isExported)(suite, { timeout: 300_000 }, () => {
  it('builds the firmware as it is, with progress; again, it takes other values and keeps the rest', async () => {
    const steps: number[] = [];
    const first = await build('healthy', {
      config: { EXAMPLE_IPV4_ADDR: '127.0.0.9', EXAMPLE_PORT: 4001 },
      onProgress: (done, total) => steps.push(done / total),
    });
    expect(first).toMatchObject({ projectName: 'udp_client', target: 'linux', flashFiles: [] });
    expect(first.config).toMatchObject({ EXAMPLE_IPV4_ADDR: '127.0.0.9', EXAMPLE_PORT: 4001 });
    expect(existsSync(first.appElfPath)).toBe(true);
    expect(steps.at(-1)).toBe(1);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));

    const builtAtMs = statSync(first.appElfPath).mtimeMs;
    await build('healthy', { config: { EXAMPLE_IPV4_ADDR: '127.0.0.9', EXAMPLE_PORT: 4001 } });
    expect(statSync(first.appElfPath).mtimeMs).toBe(builtAtMs);
    const other = await build('healthy', { config: { EXAMPLE_IPV4_ADDR: '127.0.0.9', EXAMPLE_PORT: 4002 } });
    expect(other.config).toMatchObject({ EXAMPLE_PORT: 4002 });
  });

  it.each([
    [
      'syntax',
      'COMPILE_FAILED',
      'main/udp_client.c',
      (text: string) => text.replace('int64_t at_us;', 'int64_t at_us'),
      /udp_client\.c:\d+:\d+: error: /,
    ],
    [
      'link',
      'LINK_FAILED',
      'main/app_main.c',
      (text: string) =>
        `void nowhere(void);\n${text.replace('app_identity_log();', 'app_identity_log(); nowhere();')}`,
      /undefined reference to `nowhere'/,
    ],
    [
      'component',
      'COMPONENT_MISSING',
      'main/CMakeLists.txt',
      (text: string) => text.replace('esp_app_format', 'esp_app_format nosuch'),
      /component "nosuch"/,
    ],
    [
      'cmake',
      'CMAKE_FAILED',
      'main/CMakeLists.txt',
      (text: string) => text.replace('"udp_client.c"', '"udp_client.c" "nofile.c"'),
      /nofile\.c/,
    ],
  ] as const)('tells what is wrong with the firmware: %s', async (name, code, file, edit, words) => {
    const error = await failureOf(name, { edits: { [file]: edit } });
    expect(error).toMatchObject({ fault: 'dut', code });
    expect(error.message).toMatch(words);
  });

  it.skipIf(chipTarget === undefined)(
    `tells by how much the image is larger than its partition${chipTarget === undefined ? ' (skipped: no compiler for a chip is in PATH)' : ''}`,
    async () => {
      // The linux target has no partitions.
      const error = await failureOf('overflow', { project: smallProject, target: chipTarget ?? '' });
      expect(error).toMatchObject({ fault: 'dut', code: 'PARTITION_OVERFLOW' });
      expect(error.message).toMatch(
        /^PARTITION_OVERFLOW: The image is larger than its partition: small\.bin, \d+ bytes \(.*\)\.\n[^]*Part 'factory' 0\/0 @ 0x10000 size 0x10000 \(overflow 0x[0-9a-f]+\)/,
      );
    },
  );

  it('tells that there is no such target', async () => {
    expect(await failureOf('target', { target: 'esp99' })).toMatchObject({
      fault: 'usage',
      code: 'IDF_TARGET_UNKNOWN',
    });
  });

  it('ends idf.py with all that it started when it is cancelled, and builds again after it', async () => {
    const stop = new AbortController();
    const cancelled = build('cancelled', {
      signal: stop.signal,
      onProgress: () => {
        stop.abort(new Error('enough'));
      },
    });
    await expect(cancelled).rejects.toThrow('enough');
    expect(processesAt(join(scratch, 'cancelled'))).toEqual([]);
    await build('cancelled');
  });

  it('ends all that idf.py started when somebody kills it, says so, and builds again after it', async () => {
    let killed = 0;
    const error = await failureOf('killed', {
      onProgress: (done) => {
        if (done < 3 || killed > 0) return;
        const leader = processesAt(join(scratch, 'killed')).find(({ words }) => words[1]?.endsWith('idf.py'));
        killed = leader?.pid ?? 0;
        process.kill(killed, 'SIGKILL');
      },
    });
    expect(error).toMatchObject({ fault: 'bench', code: 'BUILD_KILLED' });
    expect(error.message).toMatch(
      /^BUILD_KILLED: idf\.py was ended from outside, by SIGKILL, .*\n {2}\| \[\d+\/\d+\] /,
    );
    expect(processesAt(join(scratch, 'killed'))).toEqual([]);
    await build('killed');
  });

  it('mends a build whose ninja file was lost half-way', async () => {
    const { dir } = await build('healthy');
    rmSync(join(dir, 'build.ninja'));
    await build('healthy');
    expect(existsSync(join(dir, 'build.ninja'))).toBe(true);
  });
});
