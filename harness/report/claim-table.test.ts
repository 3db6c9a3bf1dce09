import { expect, it } from 'vitest';
import type { ClaimResult } from '../record/verdict.ts';
import { renderClaimTable } from './claim-table.ts';

const common = { spec: 'specs/x.spec.ts', origin: 'the test', evidence: [] };
const claims: ClaimResult[] = [
  {
    ...common,
    id: 'cadence.mean',
    title: 'sends every 100 ms',
    verdict: 'failed',
    figure: 110.00213,
    bound: '99 to 101',
    unit: 'ms',
  },
  {
    ...common,
    id: 'payload.exact',
    title: 'sends the payload',
    verdict: 'passed',
    figure: 0,
    bound: 'exactly 0',
    unit: '',
  },
  { ...common, id: 'boot.once', title: 'boots once', verdict: 'inconclusive', bound: 'exactly 1', unit: '' },
];

it('puts claim, figure, bound and verdict in columns', () => {
  expect(renderClaimTable(claims, false).join('\n')).toBe(
    `
claim                figure   bound          verdict
─────────────────────────────────────────────────────────
sends every 100 ms   110 ms   99 to 101 ms   failed
sends the payload    0        exactly 0      passed
boots once           –        exactly 1      inconclusive
`.trim(),
  );
});

it('colours verdicts only where colours are wanted', () => {
  expect(renderClaimTable(claims, true)[2]).toContain('\u001b[31mfailed');
  expect(renderClaimTable(claims, false).join('')).not.toContain('\u001b');
});

it('gives the claim a line of its own where the table is wider than the terminal', () => {
  expect(renderClaimTable(claims, false, 40).join('\n')).toBe(
    `
claim
   figure   bound          verdict
────────────────────────────────────────
sends every 100 ms
   110 ms   99 to 101 ms   failed
sends the payload
   0        exactly 0      passed
boots once
   –        exactly 1      inconclusive
`.trim(),
  );
});
