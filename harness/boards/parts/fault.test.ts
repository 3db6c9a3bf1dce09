import { expect, test } from 'vitest';
import { UsageError } from '../../errors.ts';
import { faultNames, faultUsage, parseFault } from './fault.ts';

test.each([
  ['panic', 'panic', ''],
  ['  brownout ', 'brownout', ''],
  ['boot-loop on', 'boot-loop', 'on'],
  ['garbage 1000000', 'garbage', '1000000'],
  ['clock-drift   -50', 'clock-drift', '-50'],
])('"%s" is a fault', (line, name, argument) => {
  expect(parseFault(line)).toEqual({ name, argument });
});

test.each([
  ['', /^WRONG_FAULT: There is no fault ""/],
  ['toString', /There is no fault "toString"[^]*ask for one of panic, /],
  ['panic now', /A fault is "panic", not "panic now"/],
  ['silent-uart', /A fault is "silent-uart on\|off", not "silent-uart"/],
  ['garbage 0', /A fault is "garbage BYTES"/],
  ['clock-drift 100001', /A fault is "clock-drift PPM"/],
  ['clock-drift 5 6', /A fault is "clock-drift PPM"/],
  ['clock-drift 1e3', /A fault is "clock-drift PPM"/],
])('"%s" is none', (line, words) => {
  expect(() => parseFault(line)).toThrow(UsageError);
  expect(() => parseFault(line)).toThrow(words);
});

test('each has a usage of its own', () => {
  expect(new Set(faultNames.map(faultUsage)).size).toBe(faultNames.length);
});
