import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildDirectory } from './build-directory.ts';
import { buildForHost } from './host-build.ts';
import { locateAddresses } from './locate-addresses.ts';

const scratch = mkdtempSync(join(tmpdir(), 'locate-addresses-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** Address of a function, as `nm` lists it. */
function addressOf(nm: string, elf: string, name: string): number {
  const { stdout } = spawnSync(nm, [elf], { encoding: 'utf8' });
  return Number(`0x${new RegExp(`^([0-9a-f]+) [Tt] ${name}$`, 'm').exec(stdout)?.[1] ?? ''}`);
}

describe('in a host build', () => {
  let built: BuildDirectory;
  let entry: number;
  const source = join(import.meta.dirname, 'testdata/probe/main/probe.c');
  beforeAll(async () => {
    const firmwareDir = join(import.meta.dirname, 'testdata/probe');
    built = (await buildForHost({ firmwareDir, buildDir: join(scratch, 'host') })).buildDir;
    entry = addressOf('nm', built.appElfPath, 'app_main');
  }, 30_000);

  test('finds function, file and line', async () => {
    const line = readFileSync(source, 'utf8').split('\n').indexOf('void app_main(void)') + 1;
    expect(await locateAddresses([entry], built)).toEqual({
      calls: [
        {
          address: `0x${entry.toString(16)}`,
          functionName: 'app_main',
          file: 'main/probe.c',
          // The brace below it.
          line: line + 1,
        },
      ],
    });
  });

  test('says that the ELF is missing', async () => {
    const gone = { ...built, appElfPath: join(scratch, 'gone.elf') };
    expect(await locateAddresses([entry], gone)).toEqual({
      obstacle: `the ELF file ${gone.appElfPath} is not there: keep it beside the image`,
    });
  });

  test('says what to install when there is no tool', async () => {
    const { PATH } = process.env;
    process.env['PATH'] = scratch;
    try {
      expect(await locateAddresses([entry], built)).toEqual({
        obstacle: 'no addr2line or llvm-addr2line can be run: install binutils',
      });
      const chip = { ...built, target: 'esp32', toolPrefix: 'xtensa-esp32-elf-' };
      expect(await locateAddresses([entry], chip)).toMatchObject({
        obstacle: expect.stringMatching(
          /^no xtensa-esp32-elf-addr2line .*\$IDF_PATH\/install\.sh esp32/,
        ) as unknown,
      });
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  test('an ELF that is none is no answer', async () => {
    const broken = join(scratch, 'broken.elf');
    writeFileSync(broken, 'no ELF');
    expect(await locateAddresses([entry], { ...built, appElfPath: broken })).toEqual({
      obstacle: `${broken} knows none of these addresses`,
    });
  });
});

const riscv = 'riscv64-unknown-elf-';
const noCompiler = spawnSync(`${riscv}gcc`, ['--version']).error !== undefined;

describe(`in a program for RISC-V${noCompiler ? ` (skipped: no ${riscv}gcc; apt-get install gcc-riscv64-unknown-elf)` : ''}`, () => {
  test.skipIf(noCompiler)(
    "finds it with the toolchain's own tool, wherever it lies, and with LLVM's",
    async () => {
      const elf = join(scratch, 'chip.elf');
      writeFileSync(
        join(scratch, 'chip.c'),
        'int twice(int x)\n{\n    return 2 * x;\n}\nvoid _start(void) { twice(1); }\n',
      );
      const flags = ['-march=rv32imc', '-mabi=ilp32', '-g', '-nostdlib', '-o', elf, 'chip.c'];
      expect(spawnSync(`${riscv}gcc`, flags, { cwd: scratch }).status).toBe(0);
      const build = { appElfPath: elf, target: 'esp32c3' } as BuildDirectory;
      const compilerPath = spawnSync('which', [`${riscv}gcc`], { encoding: 'utf8' }).stdout.trim();
      const address = addressOf(`${riscv}nm`, elf, 'twice');
      for (const tools of [{ toolPrefix: riscv }, { toolPrefix: riscv, compilerPath }]) {
        const located = await locateAddresses([address], { ...build, ...tools });
        expect(located).toMatchObject({ calls: [{ functionName: 'twice', line: 2 }] });
      }
    },
  );
});
