import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concludeComparison } from '../bench/compare-run.ts';
import { replay } from '../bench/replay.ts';
import { readBuildDirectory } from '../build/build-directory.ts';
import { BenchError, UsageError } from '../errors.ts';
import { readDeviceEvents } from '../log/device-event-reader.ts';
import { splitBoots } from '../log/boot.ts';
import { readRun } from '../record/read-run.ts';
import type { RunResult } from '../record/verdict.ts';
import { digestFile, digestFolder, parseSums, type Digests } from './file-digests.ts';
import { firmwareFolder } from './keep-firmware.ts';
import { recordFolder, statementFile, sumsFile, verdictFile } from './seal-evidence.ts';
import { silentView } from './silent-view.ts';
import { releasePredicateType, statementType, type ReleasePredicate, type Statement } from './statement.ts';

export interface VerifyOptions {
  /** The evidence folder. */
  readonly dir: string;
  /** Root of the repository: its specs judge the record again. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Told after each check that found nothing wrong: what was looked at, and what was found. */
  readonly onChecked: (what: string, finding: string) => void;
}

/** Evidence that is what was sealed. */
export interface Verified {
  /** Of the release. */
  readonly verdict: RunResult['verdict'];
  readonly release: ReleasePredicate;
  /** In hex. It names everything in the folder: whoever has noted it elsewhere can tell a folder that was made anew. */
  readonly statementSha256: string;
}

/**
 * Looks at an evidence folder: is it what was sealed, does it contradict itself, and does the record still come to its
 * verdict? Reads only, and asks no network.
 *
 * @throws BenchError EVIDENCE_BROKEN with the files; VERDICT_DIFFERS.
 * @throws UsageError NO_EVIDENCE when the folder is none; REHEARSAL when it was made to practise.
 */
export async function verifyEvidence({ dir, root, signal, onChecked }: VerifyOptions): Promise<Verified> {
  const sums = await verifyFiles(dir);
  onChecked('files', `${sums.size} files are as ${sumsFile} names them; none is missing, none was added`);
  const statement = await readJson<Statement>(dir, statementFile);
  verifyStatement(statement, sums, dir);
  const { predicate: release } = statement;
  if (release.rehearsal) {
    throw new UsageError('REHEARSAL', {
      what: `This is the rehearsal of ${release.release}, on ${release.board.name}: it is intact, and evidence for nothing`,
      where: dir,
      next: 'run the gate on a real board, without --rehearse',
    });
  }
  const result = await readJson<RunResult>(dir, verdictFile);
  verifyVerdict(release, result, sums, dir);
  onChecked(
    'statement',
    `${release.release}, ${release.verdict} on ${release.board.name}, of commit ${release.source.commit.slice(0, 12)}`,
  );
  onChecked('image', await verifyImage(release, dir));
  onChecked('record', await judgeAgain(release, result.comparison, { dir, root, signal }));
  return {
    verdict: release.verdict,
    release,
    statementSha256: sums.get(statementFile) ?? '',
  };
}

/** Every file has its digest, none is missing, none is there beside them. */
async function verifyFiles(dir: string): Promise<Digests> {
  const actual = await digestFolder(dir).catch((cause: unknown) => {
    throw noEvidence(dir, (cause as Error).message, cause);
  });
  if (!actual.has(sumsFile) && !actual.has(statementFile)) throw noEvidence(dir, `it has no ${sumsFile}`);
  const text = await readFile(join(dir, sumsFile), 'utf8').catch(() => undefined);
  if (text === undefined) throw broken(dir, 'A file is missing', [`missing: ${sumsFile}`]);
  const sums = parseSums(text);
  if (sums === undefined)
    throw broken(dir, 'The list of files was changed', [`changed: ${sumsFile}: not as it was written`]);
  const findings = [
    ...[...sums].flatMap(([name, sha256]) => compareFile(name, sha256, actual)),
    ...[...actual.keys()]
      .filter((name) => name !== sumsFile && !sums.has(name))
      .map((name) => `added:   ${name}`),
  ];
  if (findings.length > 0) throw broken(dir, 'It is not what was sealed', findings);
  return sums;
}

function compareFile(
  name: string,
  sha256: string,
  actual: ReadonlyMap<string, string | undefined>,
): string[] {
  if (!actual.has(name)) return [`missing: ${name}`];
  const found = actual.get(name);
  if (found === sha256) return [];
  return [
    `changed: ${name}: SHA-256 was ${sha256.slice(0, 16)}…, is ${found?.slice(0, 16) ?? 'of no file'}…`,
  ];
}

/** The statement is of our kind, and names the same files as the list does. */
function verifyStatement(statement: Statement, sums: Digests, dir: string): void {
  // As the type promises, and a file doesn't.
  const { _type, predicateType, subject }: Record<keyof Statement, unknown> = statement;
  if (_type !== statementType || predicateType !== releasePredicateType) {
    const kind = `${String(_type)}, ${String(predicateType)}`;
    throw broken(dir, 'The statement is none of a release', [`${statementFile}: ${kind}`]);
  }
  const stated = new Map((subject as Statement['subject']).map(({ name, digest }) => [name, digest.sha256]));
  const others = [...sums].filter(([name, sha256]) => name !== statementFile && stated.get(name) !== sha256);
  const extra = [...stated.keys()].filter((name) => !sums.has(name));
  const names = [...others.map(([name]) => name), ...extra];
  if (names.length > 0) throw broken(dir, `${statementFile} and ${sumsFile} differ`, names);
}

/** Statement, verdict and record say the same about the same run. */
function verifyVerdict(release: ReleasePredicate, result: RunResult, sums: Digests, dir: string): void {
  const { header } = readRun(join(dir, recordFolder));
  const pairs: [string, unknown, unknown][] = [
    ['the verdict', release.verdict, result.verdict],
    ['the ELF SHA-256', release.firmware.elfSha256, result.firmware?.elfSha256],
    ['the firmware’s version', release.firmware.version, result.firmware?.version],
    ['the board', release.board.name, result.board],
    ['whether the board is real', release.board.real, result.realBoard],
    ['the run', header.id, result.id],
    ['the record’s verdict', sums.get(`${recordFolder}/verdict.json`), sums.get(verdictFile)],
    ['whether the recorded board is real', header.realBoard, true],
  ];
  const differing = pairs.flatMap(([what, a, b]) => (a === b ? [] : [`${what}: ${String(a)}, ${String(b)}`]));
  if (differing.length > 0) throw broken(dir, 'Its parts contradict each other', differing);
}

/** The image that was kept, its ELF file, the statement and what the board said when it booted: one and the same firmware. */
async function verifyImage({ firmware, verdict }: ReleasePredicate, dir: string): Promise<string> {
  const build = await readBuildDirectory(join(dir, firmwareFolder));
  const { header, lines } = readRun(join(dir, recordFolder));
  const boots = splitBoots(readDeviceEvents(lines, header.profile?.log));
  const booted = boots.flatMap(({ identity }) => identity.elfSha256Prefix ?? []);
  const elf = await digestFile(build.appElfPath);
  const findings = [
    ...(firmware.elfSha256 === elf ? [] : [`${firmwareFolder}/: the ELF file has ${elf}`]),
    ...(build.elfSha256 === undefined || build.elfSha256 === elf
      ? []
      : [`${firmwareFolder}/: the image is of ${build.elfSha256}`]),
    ...booted.filter((prefix) => !elf.startsWith(prefix)).map((prefix) => `the boot log shows ${prefix}…`),
    // A board that never booted has told nothing, and did not pass.
    ...(booted.length === 0 && verdict === 'passed' ? ['the boot log shows no ELF SHA-256'] : []),
  ];
  if (findings.length > 0) {
    throw broken(dir, `What was judged is not the firmware ${String(firmware.elfSha256)}`, findings);
  }
  return `ELF SHA-256 ${elf.slice(0, 16)}… is that of the ELF file, of the image, and of ${booted.length} boots in the log`;
}

async function judgeAgain(
  release: ReleasePredicate,
  comparison: RunResult['comparison'],
  { dir, root, signal }: Pick<VerifyOptions, 'dir' | 'root' | 'signal'>,
): Promise<string> {
  const result = await replay({ replayDir: join(dir, recordFolder) }, { root, signal, view: silentView });
  signal.throwIfAborted();
  const changed = result.replay?.changed ?? [];
  // What it was compared with need not be here: what came of that stands in the verdict, and stays.
  const { verdict } =
    result.verdict === 'interrupted'
      ? result
      : concludeComparison({ ...result, verdict: result.verdict }, comparison);
  if (verdict !== release.verdict) {
    throw new BenchError('VERDICT_DIFFERS', {
      what: `The evidence is intact and says ${release.verdict}; judged again by the specs of today, the record is ${verdict}`,
      where: dir,
      evidence: [result.summary, ...changed],
      next: `judge it by the specs of then (${release.versions['harness'] ?? 'the statement names the harness'}), and look at what has changed since`,
    });
  }
  const claims =
    changed.length === 0 ? 'every claim is as it was' : `other than they were: ${changed.join('; ')}`;
  return `judged again: ${verdict}; ${claims}`;
}

async function readJson<T>(dir: string, name: string): Promise<T> {
  try {
    return JSON.parse(await readFile(join(dir, name), 'utf8')) as T;
  } catch (cause) {
    throw broken(dir, `${name} can't be read`, [(cause as Error).message], cause);
  }
}

function broken(dir: string, what: string, evidence: readonly string[], cause?: unknown): BenchError {
  return new BenchError('EVIDENCE_BROKEN', {
    what: `The evidence can't be relied on. ${what}`,
    where: dir,
    evidence,
    next: 'take the folder from where it was kept first; if there is none that is intact, run the gate again',
    cause,
  });
}

function noEvidence(dir: string, why: string, cause?: unknown): UsageError {
  return new UsageError('NO_EVIDENCE', {
    what: `This is no evidence folder: ${why}`,
    where: dir,
    next: 'name a folder that `npm run hil -- --release` has written: releases/<name>/<run>',
    cause,
  });
}
