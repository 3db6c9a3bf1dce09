import { describe, expect, test } from 'vitest';
import { ResetCircuit } from './reset-circuit.ts';
import type { ControlLines, ResetAction } from './reset-circuit.ts';

/** `D1` asserts DTR, `R0` releases RTS; `D1R0` does both at once, as a local port can. */
function play(sequence: string, before: ControlLines = { dtr: false, rts: false }): ResetAction[] {
  const circuit = new ResetCircuit();
  circuit.set(before);
  return sequence
    .split(' ')
    .map((step) =>
      circuit.set({
        ...(step.includes('D') && { dtr: step.includes('D1') }),
        ...(step.includes('R') && { rts: step.includes('R1') }),
      }),
    )
    .filter((action) => action !== undefined);
}

describe('ResetCircuit', () => {
  // esptool and pyserial set DTR once more after each change of RTS, for a Windows driver's sake.
  test.each([
    ['esptool, classic, lines one by one', 'D0 R1 D0 D1 R0 D1 D0', ['hold', 'download']],
    ['esptool, tight, both lines at once', 'D0R0 D1R1 D0R1 D1R0 D0R0', ['hold', 'download']],
    ['esptool-js, classic', 'D0R1 D1R0 D0R0', ['hold', 'download']],
    ['hard reset', 'R1 R0', ['hold', 'run']],
    ['hard reset with DTR repeated', 'R1 D0 R0 D0', ['hold', 'run']],
    ['esptool-js "hard_reset", which pulses nothing', 'R0', []],
    ['pyserial opens a port', 'D1 R1', []],
    ['both released one by one, RTS first', 'D1 R1 R0 D0', []],
  ] as const)('%s', (_, sequence, actions) => {
    expect(play(sequence)).toEqual(actions);
  });

  test('both lines asserted, then both released at once: nothing happens', () => {
    expect(play('D0R0', { dtr: true, rts: true })).toEqual([]);
  });

  test('DTR released before RTS resets the chip and runs the application', () => {
    expect(play('D0 R0', { dtr: true, rts: true })).toEqual(['hold', 'run']);
  });

  test('a line that is set again is no event', () => {
    expect(play('R1 R1 R1 R0 R0')).toEqual(['hold', 'run']);
  });
});
