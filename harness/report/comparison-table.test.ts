import { expect, it } from 'vitest';
import { renderComparison } from './comparison-table.ts';
import { comparison } from './testdata/results.ts';

const reference = { ...comparison, referenceFirmware: 'udp_client 1.0' };

it('puts figure, there, here, change and outcome in columns, and tells a reason once', () => {
  expect(renderComparison(reference, false).join('\n')).toBe(
    `
compared with specs/baselines (udp_client 1.0, 3 runs)
figure                  there    here     change                              outcome
───────────────────────────────────────────────────────────────────────────────────────────
image size              1000 B   1010 B   +1 %                                no regression
round trip, median      122 µs   179 µs   +20 % of the whole (+17 to +23.1)   regression
spread of intervals     122 µs   179 µs   +20 % of the whole (+17 to +23.1)   inconclusive
lateness of intervals   122 µs   179 µs   +20 % of the whole (+17 to +23.1)   inconclusive
heap at start-up        –        –        –                                   not compared
  round trip, median: longer or larger by more than 6 %
  spread of intervals; lateness of intervals: HOST_LATE: it was
  heap at start-up: neither run tells it
`.trim(),
  );
});

it('says why where there is nothing to compare', () => {
  const none = { ...reference, figures: [], summary: 'the baseline is of another tier' };
  expect(renderComparison(none, false)).toEqual([
    'compared with specs/baselines (udp_client 1.0, 3 runs): the baseline is of another tier',
  ]);
});

it('lets no word of a baseline steer the terminal', () => {
  // eslint-disable-next-line no-control-regex
  expect(renderComparison(comparison, false).join('\n')).not.toMatch(/[\u0000\u001b\u202e]/);
});
