/** The cause that is told for what idf.py printed: its genuine output, one file a failure. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainIdfFailure } from './idf-failure.ts';

function explain(name: string) {
  const text = readFileSync(join(import.meta.dirname, 'testdata', `${name}.txt`), 'utf8');
  return explainIdfFailure({
    stdout: text,
    stderr: '',
    idfDir: '/opt/esp-idf',
    firmwareDir: 'firmware',
    logFile: 'runs/x/build.log',
  });
}

describe('what idf.py printed is told by its cause', () => {
  it.each([
    [
      'compile-error.stdout',
      'dut',
      'COMPILE_FAILED',
      /udp100\.c:20:16: error: implicit declaration of function/,
    ],
    ['idf-not-compiling.stdout', 'bench', 'IDF_NOT_COMPILING', /nvs_partition_manager\.cpp:86:27: error/],
    ['compiler-unfit.stdout', 'bench', 'COMPILER_UNFIT', /unrecognized command-line option '-std=gnu23'/],
    ['link-error.stdout', 'dut', 'LINK_FAILED', /udp100\.c:37: undefined reference to `nosuch'/],
    ['cmake-missing-component.stderr', 'dut', 'COMPONENT_MISSING', /component "nosuchcomp" \(in "main"\)/],
    ['cmake-missing-source.stderr', 'dut', 'CMAKE_FAILED', /Cannot find source file:/],
    ['cmake-syntax.stderr', 'dut', 'CMAKE_FAILED', /main\/CMakeLists\.txt:2:/],
    ['partition-overflow.stderr', 'dut', 'PARTITION_OVERFLOW', /udp_client\.bin, 1175840 bytes/],
    [
      'toolchain-missing.stderr',
      'bench',
      'TOOLCHAIN_MISSING',
      /\| The CMAKE_C_COMPILER: xtensa-esp32-elf-gcc is not a full path/,
    ],
    ['python-missing.stderr', 'bench', 'IDF_PYTHON', /requirements are not satisfied/],
    ['settarget-bogus.stderr', 'usage', 'IDF_TARGET_UNKNOWN', /no target "esp99"/],
    ['no-project.stderr', 'usage', 'NO_FIRMWARE', /no ESP-IDF project in \/home\/user\/empty/],
  ])('%s', (name, fault, code, words) => {
    const error = explain(name);
    expect(error).toMatchObject({ fault, code });
    expect(error.message).toMatch(words);
    expect(error.message).toContain('runs/x/build.log');
    expect(error.message.split('\n').length).toBeLessThan(14);
  });

  it('blames the firmware when it, too, does not compile', () => {
    const stdout = [
      '/opt/esp-idf/components/nvs_flash/src/nvs.cpp:86:27: error: ambiguous overload',
      '/home/user/firmware/main/main.c:1:1: error: unknown type name',
    ].join('\n');
    const places = { idfDir: '/opt/esp-idf', firmwareDir: 'firmware', logFile: 'build.log' };
    expect(explainIdfFailure({ stdout, stderr: '', ...places })).toMatchObject({ code: 'COMPILE_FAILED' });
    const header = '/opt/esp-idf/components/log/include/esp_log.h:1:1: error: expected expression';
    expect(explainIdfFailure({ stdout: header, stderr: '', ...places })).toMatchObject({
      code: 'COMPILE_FAILED',
    });
  });

  it('tells that there is no Python at all', () => {
    const stderr = '/usr/bin/env: ‘python’: No such file or directory\n';
    const places = { idfDir: '/opt/esp-idf', firmwareDir: 'firmware', logFile: 'build.log' };
    expect(explainIdfFailure({ stdout: '', stderr, ...places })).toMatchObject({ code: 'IDF_PYTHON' });
  });

  it.each([
    [
      'riscv32-esp-elf-gcc: fatal error: Killed signal terminated program cc1\ncompilation terminated.',
      /cc1 was/,
    ],
    ['ninja failed with exit code -9, output of the command is in the build/log/x', /: ninja was killed/],
  ])('tells that the host has killed what idf.py had started: %s', (stdout, words) => {
    const places = { idfDir: '/opt/esp-idf', firmwareDir: 'firmware', logFile: 'build.log' };
    const error = explainIdfFailure({ stdout, stderr: '', ...places });
    expect(error).toMatchObject({ fault: 'bench', code: 'BUILD_KILLED' });
    expect(error.message).toMatch(words);
  });

  it("shows ESP-IDF's own advice, without its colours", () => {
    const { message } = explain('cmake-missing-component.stderr');
    expect(message).toContain('| HINT: The component');
    expect(message).not.toContain('\u001b');
  });

  it('says so when it recognises nothing, and shows the end', () => {
    const error = explainIdfFailure({
      stdout: 'one\ntwo\n',
      stderr: 'ninja: strange\n',
      idfDir: '/opt/esp-idf',
      firmwareDir: 'firmware',
      logFile: 'build.log',
    });
    expect(error).toMatchObject({ fault: 'bench', code: 'IDF_BUILD_FAILED' });
    expect(error.message).toContain('ninja: strange');
  });
});
