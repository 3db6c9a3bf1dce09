import { expect, test } from 'vitest';
import { WallClockSteps, wallToHost, type ClockPair } from './wall-clock.ts';

/** 2026-11-23T12:00:00Z, in ns: more digits than a double holds. */
const noonNs = 1_795_435_200_000_000_000n;

/** The host came up 1000 s before noon. Each look takes 200 ns and reads the wall clock in its middle. */
function lookAt(secondsPastNoon: number, steppedNs = 0n): ClockPair {
  const sinceNoonNs = BigInt(secondsPastNoon * 1e9);
  const beforeNs = 1_000_000_000_000n + sinceNoonNs - 100n;
  return { beforeNs, wallNs: noonNs + sinceNoonNs + steppedNs, afterNs: beforeNs + 200n };
}

test.each([
  { arrivedNs: noonNs + 4_999_999_999n, hostNs: 1_004_999_999_999 },
  { arrivedNs: noonNs + 4_980_000_123n, hostNs: 1_004_980_000_123 },
  { arrivedNs: noonNs - 1n, hostNs: 999_999_999_999 },
])('$arrivedNs on the wall is $hostNs on the monotonic clock', ({ arrivedNs, hostNs }) => {
  expect(wallToHost(arrivedNs, lookAt(5))).toEqual({ hostNs, boundUs: 0.101 });
});

test('a look that was held up says so in the bound', () => {
  const pair = { beforeNs: 1000n, wallNs: noonNs, afterNs: 9000n };
  expect(wallToHost(noonNs - 500n, pair)).toEqual({ hostNs: 4500, boundUs: 4.001 });
});

test('a wall clock that nobody sets is steady since the first look', () => {
  const steps = new WallClockSteps(lookAt(0));
  expect(steps.steadySinceNs(lookAt(1))).toBe(1_000_000_000_000 - 100);
  // Not a step: both looks admit the same distance of the clocks.
  expect(steps.steadySinceNs(lookAt(2, 150n))).toBe(1_000_000_000_000 - 100);
});

test.each([3_600_000_000_000n, -3_600_000_000_000n, 1000n, -1000n])(
  'a wall clock set by %d ns is steady since it was noticed',
  (steppedNs) => {
    const steps = new WallClockSteps(lookAt(0));
    steps.steadySinceNs(lookAt(1));
    expect(steps.steadySinceNs(lookAt(2, steppedNs))).toBe(1_002_000_000_000 + 100);
    expect(steps.steadySinceNs(lookAt(3, steppedNs))).toBe(1_002_000_000_000 + 100);
  },
);

test('looks that were held up in different places make each other exact', () => {
  const steps = new WallClockSteps(lookAt(0));
  // 9 µs each, the wall clock read right at the begin and right at the end: together they leave 200 ns.
  const early = { beforeNs: 999_999_999_900n, wallNs: noonNs, afterNs: 1_000_000_009_000n };
  const late = { beforeNs: 999_999_991_000n, wallNs: noonNs, afterNs: 1_000_000_000_100n };
  steps.steadySinceNs(early);
  steps.steadySinceNs(late);
  expect(wallToHost(noonNs - 500n, steps.sharpen(late))).toEqual({ hostNs: 999_999_999_500, boundUs: 0.101 });
  // After a step, what was known of the distance is gone.
  const stepped = { beforeNs: 2_000_000_000_000n, wallNs: noonNs, afterNs: 2_000_000_008_000n };
  steps.steadySinceNs(stepped);
  expect(wallToHost(noonNs, steps.sharpen(stepped))).toEqual({ hostNs: 2_000_000_004_000, boundUs: 4.001 });
});
