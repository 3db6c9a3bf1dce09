import { describe, expect, it } from 'vitest';
import { atLeast, atMost, exactly, within } from './bound.ts';

const origin = 'the test';

describe('a bound', () => {
  it.each([
    [within(100, 1, { origin }), '99 to 101', [99, 100, 101], [98.999, 101.001, NaN, 'never']],
    [atMost(5, { origin }), 'at most 5', [-1, 5], [5.001, Infinity, 'never']],
    [atLeast(5, { origin }), 'at least 5', [5, 6], [4.999, NaN]],
    [exactly(0, { origin }), 'exactly 0', [0], [1, -1, '0']],
    [exactly('the image', { origin }), 'exactly the image', ['the image'], ['another', 0]],
  ] as const)('%# says what it holds', (bound, text, held, missed) => {
    expect(bound.text).toBe(text);
    for (const figure of held) expect(bound.holds(figure)).toBe(true);
    for (const figure of missed) expect(bound.holds(figure)).toBe(false);
  });
});
