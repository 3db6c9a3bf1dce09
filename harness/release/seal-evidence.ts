import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { BenchError } from '../errors.ts';
import { readRun } from '../record/read-run.ts';
import type { RunResult } from '../record/verdict.ts';
import { renderJunit } from '../report/junit.ts';
import { digestFolder, renderSums, type Digests } from './file-digests.ts';
import { firmwareFolder } from './keep-firmware.ts';
import {
  releasePredicateType,
  statementType,
  type ReleasePredicate,
  type Source,
  type Statement,
} from './statement.ts';

/** Names within an evidence folder. `firmware/` is there, too: {@link firmwareFolder}. */
export const statementFile = 'statement.json';
export const sumsFile = 'SHA256SUMS';
export const verdictFile = 'verdict.json';
export const recordFolder = 'record';

/** What is known of a release when its run is over. */
export interface JudgedRelease {
  readonly name: string;
  readonly isRehearsal: boolean;
  readonly source: Source;
  readonly sbom: ReleasePredicate['sbom'];
  readonly result: RunResult;
  /** The run's folder, with the firmware as it was flashed in it. */
  readonly recordDir: string;
  /** The run's report. */
  readonly htmlFile: string;
}

/**
 * Makes the evidence folder of a release: all that was judged, recorded and found, and a statement that names each file by its
 * SHA-256. It appears when it is complete.
 *
 * @param dir - must not be there yet
 * @throws BenchError EVIDENCE_NOT_WRITTEN
 */
export async function sealEvidence(release: JudgedRelease, dir: string): Promise<void> {
  const { recordDir, result, htmlFile } = release;
  const { firmware } = result;
  const partial = `${dir}.partial`;
  try {
    if (firmware === undefined) throw new Error('no firmware was built, so there is nothing to release');
    const { configuration, versions } = readRun(recordDir).header;
    await rm(partial, { recursive: true, force: true });
    await mkdir(dirname(partial), { recursive: true });
    // Everything of the record, but what stands beside it here.
    const beside = [join(recordDir, firmwareFolder), join(recordDir, 'report.html')];
    await cp(recordDir, join(partial, recordFolder), {
      recursive: true,
      filter: (source) => !beside.includes(source),
    });
    await cp(join(recordDir, firmwareFolder), join(partial, firmwareFolder), { recursive: true });
    await cp(join(recordDir, 'verdict.json'), join(partial, verdictFile));
    await cp(htmlFile, join(partial, 'report.html'));
    await writeFile(join(partial, 'junit.xml'), renderJunit(result));
    const predicate = describeRelease({ ...release, firmware, options: configuration, versions });
    const statement = makeStatement(await digestAll(partial), predicate);
    await writeFile(join(partial, statementFile), `${JSON.stringify(statement, null, 2)}\n`);
    await writeFile(join(partial, sumsFile), renderSums(await digestAll(partial)));
    await rename(partial, dir);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    throw new BenchError('EVIDENCE_NOT_WRITTEN', {
      what: `The evidence folder can't be written: ${(cause as Error).message}`,
      where: dir,
      next: `the run's record is complete: ${recordDir}. Make room, or mend what is told, and run the gate again`,
      cause,
    });
  }
}

function describeRelease({
  name,
  isRehearsal,
  source,
  sbom,
  result,
  ...told
}: JudgedRelease & Pick<ReleasePredicate, 'firmware' | 'options' | 'versions'>): ReleasePredicate {
  const { verdict, summary, claims, skipped = [], board, tier, realBoard, comparison } = result;
  const { soakMs } = told.options;
  const ids = (of: string) => claims.filter((claim) => claim.verdict === of).map(({ id }) => id);
  const now = new Date().toISOString();
  return {
    release: name,
    rehearsal: isRehearsal,
    verdict,
    summary,
    judgedAt: result.startedAt ?? now,
    sealedAt: now,
    source,
    firmware: told.firmware,
    board: { name: board, tier, real: realBoard },
    bench: { host: hostname() },
    versions: told.versions,
    options: told.options,
    claims: {
      passed: ids('passed').length,
      failed: ids('failed'),
      inconclusive: ids('inconclusive'),
      skipped: skipped.map(({ id, reason }) => ({ id, reason })),
    },
    ...(typeof soakMs === 'number' && { soakMs }),
    comparison: comparison
      ? { reference: comparison.reference, outcome: comparison.outcome, summary: comparison.summary }
      : { absent: 'there was no earlier release on such a board' },
    sbom,
  };
}

function makeStatement(digests: Digests, predicate: ReleasePredicate): Statement {
  return {
    _type: statementType,
    subject: [...digests].map(([file, sha256]) => ({ name: file, digest: { sha256 } })),
    predicateType: releasePredicateType,
    predicate,
  };
}

async function digestAll(dir: string): Promise<Digests> {
  const digests = await digestFolder(dir);
  return new Map([...digests].flatMap(([name, sha256]) => (sha256 === undefined ? [] : [[name, sha256]])));
}
