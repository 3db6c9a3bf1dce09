import { join } from 'node:path';
import { waitToOwn, type OwnerLock } from '../../process/owner-lock.ts';

/**
 * idf.py may work in a build directory alone, also when it only flashes: it looks whether everything is built. Where several boards
 * of a chip are judged at once, the others wait, and find it built.
 */
export async function ownBuildDir(
  buildDir: string,
  why: 'idf.py build' | 'idf.py flash',
  signal: AbortSignal | undefined,
): Promise<OwnerLock> {
  return await waitToOwn(join(buildDir, 'hil-idf.lock'), { why }, signal);
}
