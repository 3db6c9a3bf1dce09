/** The real idf.py, on the linux target. Where no ESP-IDF is exported these tests are skipped, and say so. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

interface Wish {
  readonly edits?: Readonly<Record<string, (text: string) => string>>;
  readonly config?: Readonly<Record<string, ConfigValue>>;
  readonly target?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Builds a copy of the firmware; one of the same name builds on what the one before has left. */
async function build(name: string, { edits = {}, target = 'linux', ...wish }: Wish = {}) {
  const firmwareDir = join(scratch, name);
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
    await build('cancelled');
  });

  it('mends a build whose ninja file was lost half-way', async () => {
    const { dir } = await build('healthy');
    rmSync(join(dir, 'build.ninja'));
    await build('healthy');
    expect(existsSync(join(dir, 'build.ninja'))).toBe(true);
  });
});
