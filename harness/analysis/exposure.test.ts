import { expect, it } from 'vitest';
import { sendsToCatch } from './exposure.ts';

it.each([
  // 0.5^n ≤ 0.001: 2^10 = 1024.
  [0.5, 0.999, 10],
  [0.07, 0.999, 96],
  [0.07, 0.99, 64],
  [0.01, 0.999, 688],
])(
  'a fault at a share of %d of the sends is seen with probability %d among %i',
  (share, confidence, sends) => {
    expect(sendsToCatch({ share, confidence })).toBe(sends);
    expect((1 - share) ** sends).toBeLessThanOrEqual(1 - confidence);
    expect((1 - share) ** (sends - 1)).toBeGreaterThan(1 - confidence);
  },
);
