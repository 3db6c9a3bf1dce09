import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestFolder, parseSums, renderSums, type Digests } from './file-digests.ts';

const dir = mkdtempSync(join(tmpdir(), 'hil-digests-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

// FIPS 180-2, appendix B.1, and the empty message.
const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('the digests of a folder', () => {
  mkdirSync(join(dir, 'sub'));
  writeFileSync(join(dir, 'z'), '');
  writeFileSync(join(dir, 'sub/a b'), 'abc');
  const digests: Digests = new Map([
    ['sub/a b', abc],
    ['z', empty],
  ]);

  it('are those of all files in it, by their paths', async () => {
    expect(await digestFolder(dir)).toEqual(digests);
  });

  it('are listed as sha256sum reads them', () => {
    const sums = join(tmpdir(), `sums-${process.pid}`);
    writeFileSync(sums, renderSums(digests));
    expect(execFileSync('sha256sum', ['-c', sums], { cwd: dir, encoding: 'utf8' })).toBe(
      'sub/a b: OK\nz: OK\n',
    );
    rmSync(sums);
  });

  it('don’t follow a link out of the folder: what is no file has none', async () => {
    const other = mkdtempSync(join(tmpdir(), 'hil-digests-'));
    symlinkSync('/etc/hostname', join(other, 'link'));
    expect(await digestFolder(other)).toEqual(new Map([['link', undefined]]));
    rmSync(other, { recursive: true });
  });

  it('are read back', () => {
    expect(parseSums(renderSums(digests))).toEqual(digests);
  });

  it('are not read from a list that was changed in any byte, unless it names another file or digest then', () => {
    const text = renderSums(digests);
    for (let at = 0; at < text.length; at++) {
      const bytes = Buffer.from(text);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x20, at);
      expect(parseSums(bytes.toString())).not.toEqual(digests);
    }
    expect(parseSums(text.slice(0, -1))).toBeUndefined();
    expect(parseSums(`${text}\n`)).toBeUndefined();
  });
});
