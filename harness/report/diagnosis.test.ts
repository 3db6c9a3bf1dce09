import { expect, it } from 'vitest';
import type { Finding } from '../doctor/finding.ts';
import { renderDiagnosis } from './diagnosis.ts';

const compiler: Finding = {
  id: 'c-compiler',
  name: 'C compiler',
  state: 'ok',
  found: 'cc 12.2.0',
  neededFor: 'the virtual board',
  tiers: ['virtual'],
};
const idf: Finding = {
  id: 'esp-idf',
  name: 'ESP-IDF',
  state: 'missing',
  found: '',
  neededFor: 'builds for chips and for its linux target, which is a process of this host',
  tiers: ['linux', 'board'],
  remedy: `git clone --recursive ${'x'.repeat(80)}\n~/esp/esp-idf/install.sh`,
};
const qemu: Finding = {
  ...idf,
  id: 'qemu',
  name: 'QEMU esp32',
  state: 'broken',
  found: 'knows no esp32',
  tiers: [],
  remedy: 'comes with ESP-IDF',
};

function render(tier: 'virtual' | 'board', canRun: boolean, color = false): string[] {
  return renderDiagnosis(
    { schema: 1, tier, canRun, findings: [compiler, idf, qemu] },
    { color, columns: 80 },
  );
}

it('tells each thing in a line, what it is needed for, and the commands that mend it, whole', () => {
  expect(render('virtual', true)).toEqual([
    '✓ C compiler         ok       cc 12.2.0',
    '– ESP-IDF            missing  needed for builds for chips and for its linux',
    '                              target, which is a process of this host',
    `    → git clone --recursive ${'x'.repeat(80)}`,
    '    → ~/esp/esp-idf/install.sh',
    '– QEMU esp32         broken   knows no esp32; needed for builds for chips and',
    '                              for its linux target, which is a process of this',
    '                              host',
    '    → comes with ESP-IDF',
    '',
    'The virtual tier can run.',
  ]);
});

it('marks what keeps the tier from running, and names it in the end', () => {
  const lines = render('board', false);
  expect(lines[1]).toMatch(/^✗ ESP-IDF/);
  expect(lines.at(-1)).toBe('The board tier can not run: ESP-IDF.');
});

it('has colours only where they are wanted', () => {
  const escape = '\u001b[';
  expect(render('board', false).join('')).not.toContain(escape);
  const colored = render('board', false, true);
  expect(colored[0]).toContain(`${escape}32m✓ C compiler`);
  expect(colored[1]).toContain(`${escape}31m✗ ESP-IDF`);
  expect(colored.find((line) => line.includes('QEMU'))).toContain(`${escape}33m– QEMU`);
});
