import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { whyNotRunnable } from './host-executable.ts';

describe.skipIf(process.platform !== 'linux')('whyNotRunnable, on Linux', () => {
  test('has nothing against the program that runs this', () => {
    expect(whyNotRunnable(readFileSync(process.execPath).subarray(0, 64))).toBeUndefined();
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a script', Buffer.from('#!/bin/sh\nexit 0\n')],
  ])('refuses %s', (_, program) => {
    expect(whyNotRunnable(program)).toBe('it is no ELF file');
  });

  test('refuses a program for another machine, by its number', () => {
    const program = Buffer.alloc(64);
    program.write('\x7fELF', 'latin1');
    program.writeUInt16LE(94, 18); // Xtensa
    expect(whyNotRunnable(program)).toMatch(/^it was built for ELF machine 94, this is \d+ \(\w+\)$/);
  });
});
