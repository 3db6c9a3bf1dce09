import { BenchError } from '../errors.ts';
import { eraseLeaks } from '../secrets/find-leaks.ts';
import { secretsFileName } from './wifi-credentials.ts';

const maxPlaces = 8;

/**
 * Looks through a run's record, now that all of it is written, for what should not be there. What is found is erased, and makes
 * the run inconclusive: who let it slip through once may have told it elsewhere.
 */
export async function findLeak(
  recordDir: string,
  secrets: readonly string[],
): Promise<BenchError | undefined> {
  try {
    const leaks = await eraseLeaks(recordDir, secrets);
    if (leaks.length === 0) return undefined;
    const places = leaks.map(({ file, line, form }) => `${file}:${line}: ${form}`);
    const more = places.length > maxPlaces ? [`and ${places.length - maxPlaces} more`] : [];
    return new BenchError('SECRET_LEAKED', {
      what: `The Wi-Fi password stood in the record of this run (${leaks.length} times); it was erased there`,
      where: recordDir,
      evidence: [...places.slice(0, maxPlaces), ...more],
      next: `find out who tells it (a firmware that sends it, a tool that logs it); then change it, and HIL_WIFI_PASSWORD or ${secretsFileName}`,
    });
  } catch (cause) {
    return new BenchError('RECORD_NOT_SEARCHED', {
      what: `The record of this run could not be searched for the Wi-Fi password: ${(cause as Error).message}`,
      where: recordDir,
      next: 'search it before you pass it on',
      cause,
    });
  }
}
