import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRun } from '../record/read-run.ts';
import { claims } from './cadence-claims.ts';

/** A run of `npm run hil`, which says what it judged by. */
const judged = readRun(join(import.meta.dirname, '../../specs/data/healthy')).result?.claims ?? [];

it.each(Object.entries(claims))('%s has the bound that runs are judged by', (id, [, bound]) => {
  expect(judged.find((claim) => claim.id === id)).toMatchObject({ bound: bound.text });
});
