import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTool } from '../process/run-tool.ts';
import { parseAppDescription, readAppDescription } from './app-description.ts';
import { findElfSection } from './elf.ts';
import { parseImage } from './esp-image.ts';
import { buildForHost, type HostBuild, type HostBuildOptions } from './host-build.ts';
import { findHostProgram } from './host-program.ts';
import { parsePartitionTable } from './partition-table.ts';

const PROBE = fileURLToPath(new URL('testdata/probe', import.meta.url));

let dir: string;
let firmwareDir: string;
let buildDir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host build-')); // a space: paths are passed as they are
  firmwareDir = join(dir, 'firmware');
  buildDir = join(dir, 'build');
  await cp(PROBE, firmwareDir, { recursive: true });
});
afterEach(async () => {
  await rm(dir, { recursive: true });
});

/** The steps that a build announced. */
async function build(options: Partial<HostBuildOptions> = {}): Promise<HostBuild & { steps: string[] }> {
  const steps: string[] = [];
  const onProgress = (_done: number, _total: number, what: string): void => void steps.push(what);
  return { ...(await buildForHost({ firmwareDir, buildDir, onProgress, ...options })), steps };
}

async function readApp(): Promise<Buffer> {
  return await readFile(join(buildDir, 'probe.bin'));
}

describe('the build directory', () => {
  test('looks like that of ESP-IDF', async () => {
    const { buildDir: built, rebuilt } = await build();
    expect(rebuilt).toBe(true);
    expect(built).toMatchObject({
      projectName: 'probe',
      projectVersion: '1',
      idfVersion: 'host-shim v1',
      target: 'esp32',
      flashFiles: [
        { offset: 0x1000 },
        { offset: 0x8000 },
        { offset: 0x10000, path: join(buildDir, 'probe.bin') },
      ],
      config: { PROBE_ANSWER: 42, FREERTOS_HZ: 100 },
    });
    for (const { path } of built.flashFiles) expect((await stat(path)).size).toBeGreaterThan(0);
    const table = await readFile(join(buildDir, 'partition_table', 'partition-table.bin'));
    expect(parsePartitionTable(table).map(({ label }) => label)).toEqual(['nvs', 'phy_init', 'factory']);
  });

  test('identifies the program by the SHA-256 of the ELF file, in the image and in the program', async () => {
    const { buildDir: built } = await build();
    const sha256 = createHash('sha256')
      .update(await readFile(built.appElfPath))
      .digest('hex');
    expect(built.elfSha256).toBe(sha256);

    const image = parseImage(await readApp());
    expect(readAppDescription(image)?.elfSha256).toBe(sha256);
    const program = findHostProgram(image) ?? Buffer.alloc(0);
    const { offset = 0 } = findElfSection(program, '.rodata_desc') ?? {};
    expect(parseAppDescription(program.subarray(offset))?.elfSha256).toBe(sha256);
  });

  test('takes the version from version.txt, cut to what the image holds', async () => {
    await writeFile(join(firmwareDir, 'version.txt'), `${'v1.2-'.repeat(8)}\n`);
    await build();
    expect(readAppDescription(parseImage(await readApp()))?.version).toBe('v1.2-'.repeat(8).slice(0, 31));
  });

  test('takes the configuration from Kconfig, defaults and the call', async () => {
    await writeFile(join(firmwareDir, 'sdkconfig.defaults'), 'CONFIG_PROBE_ANSWER=43\nCONFIG_MORE="x"\n');
    const { buildDir: built } = await build({ config: { CONFIG_PROBE_ANSWER: 44 } });
    expect(built.config).toMatchObject({ PROBE_ANSWER: 44, MORE: 'x' });
    const header = await readFile(join(buildDir, 'config', 'sdkconfig.h'), 'utf8');
    expect(header).toContain('#define CONFIG_PROBE_ANSWER 44\n');
  });
});

describe('a second build', () => {
  test('does nothing when nothing changed', async () => {
    const first = await build();
    const before = await stat(join(buildDir, 'probe.bin'));
    const second = await build();
    expect(second).toMatchObject({ rebuilt: false, steps: [], buildDir: first.buildDir });
    expect((await stat(join(buildDir, 'probe.bin'))).mtimeMs).toBe(before.mtimeMs);
  });

  test('compiles the one file that changed', async () => {
    await build();
    await appendFile(
      join(firmwareDir, 'main', 'arithmetic.c'),
      '\nint more(void);\nint more(void)\n{\n    return 1;\n}\n',
    );
    expect((await build()).steps).toEqual(['main/arithmetic.c', 'probe.elf', 'probe.bin']);
  });

  test('compiles what includes a header that changed', async () => {
    await build();
    await appendFile(join(firmwareDir, 'main', 'arithmetic.h'), '#define MORE 1\n');
    expect((await build()).steps.toSorted()).toEqual([
      'main/arithmetic.c',
      'main/probe.c',
      'probe.bin',
      'probe.elf',
    ]);
  });

  test('compiles what sees the configuration that changed', async () => {
    await build();
    const { steps } = await build({ config: { PROBE_ANSWER: 1 } });
    expect(steps).toContain('main/probe.c');
    expect(steps).not.toContain('main/arithmetic.c');
  });

  test('makes a lost or damaged result again', async () => {
    const first = await build();
    await writeFile(join(buildDir, 'probe.bin'), 'short');
    expect((await build()).steps).toEqual(['probe.elf', 'probe.bin']);
    await rm(first.buildDir.appElfPath);
    expect((await build()).steps).toEqual(['probe.elf', 'probe.bin']);
    expect(() => parseImage(Buffer.from('short'))).toThrow();
    expect((await build()).rebuilt).toBe(false);
  });

  test('finishes what an interrupted one began', async () => {
    const abort = new AbortController();
    const onProgress = (done: number): void => {
      if (done === 2) abort.abort(new Error('Ctrl-C'));
    };
    await expect(buildForHost({ firmwareDir, buildDir, signal: abort.signal, onProgress })).rejects.toThrow(
      'Ctrl-C',
    );
    await build();
    expect(readAppDescription(parseImage(await readApp()))?.projectName).toBe('probe');
  });
});

describe('errors', () => {
  test('a compile error names file, line and column, and where the log is', async () => {
    await appendFile(join(firmwareDir, 'main', 'arithmetic.c'), 'int broken(void) { return undeclared; }\n');
    const error = await build().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'COMPILE_FAILED', fault: 'dut' });
    expect(String(error)).toMatch(/main\/arithmetic\.c:7:27\)/);
    expect(String(error)).toContain(
      '| ' + join(firmwareDir, 'main', 'arithmetic.c') + ":7:27: error: 'undeclared' undeclared",
    );
    expect(await readFile(join(buildDir, 'log', 'build.log'), 'utf8')).toContain('undeclared');
  });

  test('a call that the shim does not know is named', async () => {
    await appendFile(
      join(firmwareDir, 'main', 'arithmetic.c'),
      'void gpio_on(void);\nvoid f(void) { gpio_on(); }\n',
    );
    await expect(build()).rejects.toMatchObject({
      code: 'LINK_FAILED',
      fault: 'dut',
      message: expect.stringContaining('gpio_on') as string,
    });
  });

  test('a source that is not there is named', async () => {
    await rm(join(firmwareDir, 'main', 'arithmetic.c'));
    await expect(build()).rejects.toMatchObject({ code: 'SOURCE_MISSING', fault: 'dut' });
  });

  test('a missing compiler is a matter of the bench', async () => {
    await expect(build({ compiler: 'no-such-cc' })).rejects.toMatchObject({
      code: 'COMPILER_MISSING',
      fault: 'bench',
    });
  });

  test('a folder without a project is a matter of the call', async () => {
    await expect(build({ firmwareDir: dir })).rejects.toMatchObject({ code: 'NO_FIRMWARE', fault: 'usage' });
  });
});

/** esptool is a Python program that not every machine has. */
const esptool = process.env['HIL_ESPTOOL'] ?? 'esptool';
const esptoolVersion = await runTool({ command: esptool, args: ['version'] }).then(
  ({ stdout }) => stdout,
  () => undefined,
);

describe.skipIf(esptoolVersion === undefined)('esptool (in PATH or by HIL_ESPTOOL, else skipped)', () => {
  test.each([['bootloader/bootloader.bin'], ['probe.bin']])('accepts %s', async (file) => {
    await build();
    const args = ['--chip', 'esp32', 'image-info', join(buildDir, file)];
    const { exitCode, stdout } = await runTool({ command: esptool, args });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Checksum: 0x[0-9a-f]{2} \(valid\)/);
    expect(stdout).toMatch(/Validation hash: [0-9a-f]{64} \(valid\)/);
    expect(stdout).toMatch(/ESP-IDF: host-shim v1/);
  });
});
