import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listMutants } from './list-mutants.ts';
import { copyFirmware, mutateFirmware } from './mutate-firmware.ts';
import { mutantOf } from './testdata/results.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'hil-mutate-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const client = (dir: string): string => readFileSync(join(scratch, dir, 'main/udp_client.c'), 'utf8');

describe('every mutant', () => {
  const mutants = listMutants(root);

  it('is one of 40 or more, and a tenth of them is in the fast tests', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(40);
    const tenth = mutants.filter((mutant) => mutant.tenth).length;
    expect(tenth).toBeGreaterThanOrEqual(Math.floor(mutants.length / 10));
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s fits the firmware',
    async (name, mutant) => {
      const dir = join(scratch, name);
      await mutateFirmware(mutant, { root, dir });
      if (mutant.config.length > 0) {
        expect(readFileSync(join(dir, 'host/sdkconfig.defaults'), 'utf8')).toContain(
          mutant.config.join('\n'),
        );
      }
    },
  );
});

describe('a mutation', () => {
  it('changes the copy, not the firmware', async () => {
    await copyFirmware({ root, dir: join(scratch, 'as-it-is') });
    const mutant = listMutants(root).find(({ name }) => name === 'payload-bit');
    if (mutant === undefined) throw new Error('there is no such mutant any more');
    await mutateFirmware(mutant, { root, dir: join(scratch, 'changed') });
    expect(client('changed')).not.toBe(client('as-it-is'));
    expect(client('as-it-is')).toBe(readFileSync(join(root, 'firmware/main/udp_client.c'), 'utf8'));
  });

  it('that does not fit says so, and what to do', async () => {
    // A checkout whose firmware is that mutant already.
    const otherRoot = join(scratch, 'checkout');
    const mutant = mutantOf('payload-bit', ['payload.exact']);
    mkdirSync(join(otherRoot, 'specs'), { recursive: true });
    symlinkSync(join(root, 'specs/mutants'), join(otherRoot, 'specs/mutants'));
    await mutateFirmware(mutant, { root, dir: join(otherRoot, 'firmware') });
    const again = mutateFirmware(mutant, { root: otherRoot, dir: join(scratch, 'unfit') });
    await expect(again).rejects.toThrow(
      /MUTANT_DOES_NOT_APPLY: The diff of "payload-bit" does not fit the firmware any more/,
    );
  });
});
