import { expect, it } from 'vitest';
import { parseResetSequence, stepsIntoApp, stepsIntoLoader } from './reset-strategy.ts';

it('reads the steps of a sequence in esptool’s notation', () => {
  expect(parseResetSequence('D0|R1|W0.1|D1|R0|W0.05|U0,0|U1,0')).toEqual([
    { lines: { dtr: false } },
    { lines: { rts: true } },
    { waitMs: 100 },
    { lines: { dtr: true } },
    { lines: { rts: false } },
    { waitMs: 50 },
    { lines: { dtr: false, rts: false } },
    { lines: { dtr: true, rts: false } },
  ]);
});

it.each(['', 'D2', 'd0', 'W', 'D0||R1', 'U1', 'R1 ', 'W-1'])('%j is no sequence', (text) => {
  expect(() => parseResetSequence(text)).toThrow('RESET_SEQUENCE');
});

/** The lines of a sequence as DTR and RTS, one after the other, from both released. */
function course(steps: ReturnType<typeof parseResetSequence>): string {
  let lines = { dtr: false, rts: false };
  return steps
    .flatMap((step) => {
      if ('waitMs' in step) return [];
      lines = { ...lines, ...step.lines };
      return [`${Number(lines.dtr)}${Number(lines.rts)}`];
    })
    .join(' ');
}

it('goes the way of esptool, whatever the strategy', () => {
  expect(course([...stepsIntoApp('classic')])).toBe('01 00');
  expect(course([...stepsIntoLoader('classic')])).toBe('01 10 00');
  expect(course([...stepsIntoApp('usb-serial-jtag')])).toBe('01 00');
  expect(course([...stepsIntoLoader('usb-serial-jtag')])).toBe('00 10 11 01 00');
  const custom = { app: 'R1|W0.1|R0', loader: 'D0|R1|W0.1|D1|R0|W0.05|D0' };
  expect(course([...stepsIntoApp(custom)])).toBe('01 00');
  expect(course([...stepsIntoLoader(custom)])).toBe('00 01 11 10 00');
});
