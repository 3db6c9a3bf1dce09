import { describe, expect, it } from 'vitest';
import { parseMutant } from './mutant.ts';

const diff = '--- a/main/x.c\n+++ b/main/x.c\n@@ -1 +1 @@\n-a\n+b\n';

describe('a mutant', () => {
  it('is a sentence, what must find it, and a diff', () => {
    const text = `A bug over\ntwo lines.\n\nKilled-by: cadence.mean, cadence.gaps\nSays: 11 ticks\nSays: 110 ms\nDuration: 5s\n\n${diff}`;
    expect(parseMutant('late', text)).toEqual({
      name: 'late',
      bug: 'A bug over two lines.',
      killedBy: ['cadence.mean', 'cadence.gaps'],
      says: ['11 ticks', '110 ms'],
      config: [],
      hasDiff: true,
      durationMs: 5000,
      afterOta: false,
      tenth: false,
    });
  });

  it('may be nothing but build options', () => {
    const text =
      'A bug.\n\nKilled-by: cadence.mean\nSays: x\nConfig: EXAMPLE_PERIOD_MS=110\nConfig: FREERTOS_HZ=1000\nAfter-ota: yes\nTenth: yes\n';
    expect(parseMutant('slow', text)).toMatchObject({
      config: ['CONFIG_EXAMPLE_PERIOD_MS=110', 'CONFIG_FREERTOS_HZ=1000'],
      hasDiff: false,
      afterOta: true,
      tenth: true,
    });
  });

  it.each([
    ['no sentence', `Killed-by: a.b\nSays: x\n\n${diff}`, /"" is none of Killed-by/],
    ['no claim', `A bug.\n\nSays: x\n\n${diff}`, /Killed-by/],
    ['no message', `A bug.\n\nKilled-by: a.b\n\n${diff}`, /Says/],
    ['nothing that makes it one', 'A bug.\n\nKilled-by: a.b\nSays: x\n', /a diff or Config/],
    [
      'a field that nobody reads',
      `A bug.\n\nKilled-by: a.b\nSays: x\nSaid: y\n\n${diff}`,
      /"Said: y" is none of/,
    ],
    ['a time that is none', `A bug.\n\nKilled-by: a.b\nSays: x\nDuration: long\n\n${diff}`, /got "long"/],
  ])('with %s is refused', (_, text, sentence) => {
    expect(() => parseMutant('odd', text)).toThrow(sentence);
    expect(() => parseMutant('odd', text)).toThrow(/specs\/mutants\/odd\.patch/);
  });
});
