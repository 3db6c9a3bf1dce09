/** A real cross compiler, gdb and Espressif's decoder. Where one of them is missing these tests are skipped, and say so. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { BuildDirectory } from './build-directory.ts';
import { unwindStack } from './unwind-stack.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unwind-stack-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function run(command: string, args: readonly string[]) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return { isDone: status === 0, stdout };
}

const toolPrefix = ['riscv32-esp-elf-', 'riscv64-unknown-elf-'].find(
  (prefix) => run(`${prefix}gcc`, ['--version']).isDone,
);
const hasGdb = [`${toolPrefix ?? ''}gdb`, 'gdb-multiarch'].some((gdb) => run(gdb, ['--version']).isDone);
const hasDecoder = ['python', 'python3'].some(
  (python) => run(python, ['-c', 'import esp_idf_panic_decoder']).isDone,
);
const missing = [
  ...(toolPrefix === undefined ? ["ESP-IDF's compiler for RISC-V"] : []),
  ...(hasGdb ? [] : ['a gdb for it']),
  ...(hasDecoder ? [] : ['a Python with esp_idf_panic_decoder']),
];
const skipped = missing.length === 0 ? '' : ` (skipped: ${missing.join(', ')} not in PATH)`;

const source = `int inner(int *at) { return *at; }
int middle(int *at) { return inner(at) + 1; }
int outer(void) { return middle(0) + 1; }
`;

/** Compiles the three functions; without optimisation each keeps its return address 12 bytes above its stack pointer. */
function compile(): BuildDirectory {
  const file = join(scratch, 'calls.c');
  const appElfPath = join(scratch, 'calls.elf');
  writeFileSync(file, source);
  const { isDone } = run(`${toolPrefix ?? ''}gcc`, [
    ...['-march=rv32imc', '-mabi=ilp32', '-g', '-O1', '-fno-inline', '-fno-optimize-sibling-calls'],
    ...[
      '-fno-ipa-cp',
      '-fno-ipa-pure-const',
      '-nostdlib',
      '-nostartfiles',
      '-Wl,-Ttext=0x42000000,-eouter',
      '-o',
      appElfPath,
      file,
    ],
  ]);
  expect(isDone).toBe(true);
  return { appElfPath, toolPrefix } as unknown as BuildDirectory;
}

/** Where a call of `callee` comes back to, by the disassembly. */
function returnAddress({ appElfPath }: BuildDirectory, callee: string): number {
  const { stdout } = run(`${toolPrefix ?? ''}objdump`, ['-d', appElfPath]);
  const after = new RegExp(`(?:jal|jalr|call)\\b[^\\n]*<${callee}[^\\n]*>\\n\\s*([0-9a-f]+):`).exec(
    stdout,
  )?.[1];
  return Number(`0x${after ?? ''}`);
}

function addressOf({ appElfPath }: BuildDirectory, name: string): number {
  const { stdout } = run(`${toolPrefix ?? ''}nm`, [appElfPath]);
  return Number(`0x${new RegExp(`^([0-9a-f]+) T ${name}$`, 'm').exec(stdout)?.[1] ?? ''}`);
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}

describe.skipIf(missing.length > 0)(
  `unwinding the stack of a chip with RISC-V${skipped}`,
  { timeout: 60_000 },
  () => {
    it('names each call, from the place of the crash outwards', async () => {
      const build = compile();
      const programCounter = addressOf(build, 'inner');
      const stackPointer = 0x3fc9_8770;
      // What ESP-IDF's panic handler prints of a crash in inner(), which has not touched the stack.
      const panic = [
        "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
        '',
        'Core  0 register dump:',
        `MEPC    : ${hex(programCounter)}  RA      : ${hex(returnAddress(build, 'inner'))}  SP      : ${hex(stackPointer)}  GP      : 0x3fc8b400  `,
        'MSTATUS : 0x00001880  MTVEC   : 0x40380001  MCAUSE  : 0x00000005  MTVAL   : 0x00000000  ',
        'MHARTID : 0x00000000  ',
        '',
        'Stack memory:',
        `3fc98770: 0x00000000 0x00000000 0x00000000 ${hex(returnAddress(build, 'middle'))} 0x00000000 0x00000000 0x00000000 0x00000000`,
      ];
      const found = await unwindStack(panic, programCounter, build);
      expect(found).toMatchObject({
        calls: [
          { address: hex(programCounter), functionName: 'inner', line: 1 },
          { functionName: 'middle', file: join(scratch, 'calls.c'), line: 2 },
          { functionName: 'outer', line: 3 },
        ],
      });
    });

    it('says so when what was printed is damaged', async () => {
      const build = compile();
      expect(await unwindStack(['Stack memory:', '3fc9'], 0, build)).toMatchObject({
        obstacle: expect.stringMatching(
          /^what was printed is damaged, or no \S+gdb or gdb-multiarch is there/,
        ) as string,
      });
    });
  },
);

it('leaves a crash alone that printed no stack', async () => {
  expect(await unwindStack(['Backtrace: 0x400d2597:0x3ffb0000'], 0, {} as BuildDirectory)).toBeUndefined();
});
