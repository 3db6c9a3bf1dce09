import type { ClaimResult, RunError, RunResult, SkippedClaim } from '../record/verdict.ts';
import { withUnit } from './claim-table.ts';
import { document, element, type Xml } from './xml.ts';

/**
 * A run as JUnit XML, as GitHub, GitLab and Jenkins read it: one suite a spec, one case a claim. A broken promise is a
 * `failure`, what could not be judged an `error`, and so is each error of the bench: the file of a run that was not
 * judged is never green.
 *
 * @see testdata/junit-10.xsd, the schema of Jenkins' xUnit plugin
 */
export function renderJunit(result: RunResult): string {
  const suites = [...bySpec(result.claims)].map(([spec, claims]) => ({
    name: spec.replace(/\.spec\.ts$/, '').replaceAll('/', '.'),
    file: spec,
    cases: claims.map(claimCase),
  }));
  const skipped = (result.skipped ?? []).map(skippedCase);
  if (skipped.length > 0) suites.push({ name: 'skipped', file: '', cases: skipped });
  const bench = benchCases(result);
  if (bench.length > 0) suites.push({ name: 'bench', file: '', cases: bench });
  const all = suites.flatMap(({ cases }) => cases);
  const head = { name: 'hil', ...counts(all), time: seconds(result.timingsMs.total) };
  return document(
    element(
      'testsuites',
      head,
      ...suites.map(({ name, file, cases }) =>
        element(
          'testsuite',
          { name, ...counts(cases), timestamp: result.startedAt, ...(file !== '' && { file }) },
          properties(result),
          ...cases.map(({ xml }) => xml),
        ),
      ),
    ),
  );
}

interface Case {
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly xml: Xml;
}

function claimCase(claim: ClaimResult): Case {
  const { verdict, evidence } = claim;
  const outcome = ({ passed: 'passed', failed: 'failure', inconclusive: 'error' } as const)[verdict];
  const attributes = { name: claim.title, classname: claim.id };
  if (outcome === 'passed') return { outcome, xml: element('testcase', attributes) };
  const reason = claim.reason ?? '';
  const story = [
    reason,
    ...evidence.map((line) => `  | ${line}`),
    `figure: ${withUnit(claim.figure, claim.unit)}`,
    `bound: ${withUnit(claim.bound, claim.unit)} (${claim.origin})`,
    `claim: ${claim.spec}${claim.line === undefined ? '' : `:${claim.line}`}`,
  ].join('\n');
  return { outcome, xml: element('testcase', attributes, blame(outcome, verdict, reason, story)) };
}

function skippedCase({ id, title, reason }: SkippedClaim): Case {
  const xml = element('testcase', { name: title, classname: id }, element('skipped', { message: reason }));
  return { outcome: 'skipped', xml };
}

/** What went wrong beside the claims. A run without a verdict of any other kind says why here. */
function benchCases(result: RunResult): Case[] {
  const told = result.errors.map(errorCase);
  const isJudged = result.claims.some(({ verdict }) => verdict !== 'passed');
  if (result.verdict === 'passed' || told.length > 0 || isJudged) return told;
  const { verdict, summary } = result;
  const attributes = { name: 'reaches a verdict', classname: 'bench' };
  const why = blame('error', verdict, summary, summary);
  return [{ outcome: 'error', xml: element('testcase', attributes, why) }];
}

function errorCase({ fault, code, message }: RunError): Case {
  const outcome = fault === 'dut' ? 'failure' : 'error';
  const attributes = { name: code, classname: `bench.${fault}` };
  return { outcome, xml: element('testcase', attributes, blame(outcome, code, message, message)) };
}

function blame(outcome: 'failure' | 'error', type: string, message: string, story: string): Xml {
  return element(outcome, { type, message: message.split('\n', 1)[0] }, story);
}

function properties({ board, tier, realBoard, firmware, verdict, summary, id, record }: RunResult): Xml {
  const known = {
    run: id,
    verdict,
    summary,
    tier,
    board,
    realBoard: String(realBoard),
    record,
    ...(firmware && { firmware: `${firmware.project} ${firmware.version}`, idfVersion: firmware.idfVersion }),
    ...(firmware?.elfSha256 !== undefined && { elfSha256: firmware.elfSha256 }),
  };
  const each = Object.entries(known).map(([name, value]) => element('property', { name, value }));
  return element('properties', {}, ...each);
}

function counts(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  const count = (outcome: Case['outcome']) => cases.filter((one) => one.outcome === outcome).length;
  return { tests: cases.length, failures: count('failure'), errors: count('error') };
}

function bySpec(claims: readonly ClaimResult[]): Map<string, ClaimResult[]> {
  const specs = new Map<string, ClaimResult[]>();
  for (const claim of claims) specs.set(claim.spec, [...(specs.get(claim.spec) ?? []), claim]);
  return specs;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
