import type { BoardOutcome, BoardsResult } from '../record/boards-result.ts';
import type { Comparison } from '../record/comparison.ts';
import type { ClaimResult, RunError, RunResult, SkippedClaim } from '../record/verdict.ts';
import { withUnit } from './claim-table.ts';
import { comparisonCells } from './comparison-table.ts';
import { document, element, type Xml } from './xml.ts';

/**
 * A run as JUnit XML, as GitHub, GitLab and Jenkins read it: one suite a spec, one case a claim. A broken promise is a
 * `failure`, what could not be judged an `error`, and so is each error of the bench: the file of a run that was not
 * judged is never green.
 *
 * @see testdata/junit-10.xsd, the schema of Jenkins' xUnit plugin
 */
export function renderJunit(result: RunResult): string {
  const of = { startedAt: result.startedAt, properties: properties(result) };
  const suites: Suite[] = [...bySpec(result.claims)].map(([spec, claims]) => ({
    ...of,
    name: spec.replace(/\.spec\.ts$/, '').replaceAll('/', '.'),
    file: spec,
    cases: claims.map((claim) => claimCase(claim)),
  }));
  const compared = result.comparison ? comparisonCases(result.comparison) : [];
  if (compared.length > 0) suites.push({ ...of, name: 'comparison', cases: compared });
  const skipped = (result.skipped ?? []).map((claim) => skippedCase(claim));
  if (skipped.length > 0) suites.push({ ...of, name: 'skipped', cases: skipped });
  const bench = benchCases(result);
  if (bench.length > 0) suites.push({ ...of, name: 'bench', cases: bench });
  return renderSuites(suites, result.timingsMs.total);
}

/** Several boards: one suite a board, whose name stands before that of each claim. A board without a run is an error. */
export function renderBoardsJunit({ boards, timingsMs }: BoardsResult): string {
  return renderSuites(boards.map(boardSuite), timingsMs.total);
}

function boardSuite({ name, labels, verdict, summary, run, error }: BoardOutcome): Suite {
  if (run === undefined) {
    const { code, message } = error ?? { code: verdict, message: summary };
    const attributes = { name: 'reaches a verdict', classname: `${name}.bench` };
    const why = blame('error', code, message, message);
    return { name, cases: [{ outcome: 'error', xml: element('testcase', attributes, why) }] };
  }
  return {
    name,
    startedAt: run.startedAt,
    properties: properties(run, { labels: labels.join(' ') }),
    cases: [
      ...run.claims.map((claim) => claimCase(claim, `${name}.`)),
      ...(run.comparison ? comparisonCases(run.comparison, `${name}.`) : []),
      ...(run.skipped ?? []).map((claim) => skippedCase(claim, `${name}.`)),
      ...benchCases(run, `${name}.`),
    ],
  };
}

interface Suite {
  readonly name: string;
  readonly file?: string;
  readonly startedAt?: string | undefined;
  readonly properties?: Xml;
  readonly cases: readonly Case[];
}

function renderSuites(suites: readonly Suite[], totalMs: number): string {
  const all = suites.flatMap(({ cases }) => cases);
  const head = { name: 'hil', ...counts(all), time: seconds(totalMs) };
  return document(
    element(
      'testsuites',
      head,
      ...suites.map(({ name, file, startedAt: timestamp, properties: known, cases }) =>
        element(
          'testsuite',
          { name, ...counts(cases), timestamp, file },
          ...(known ? [known] : []),
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

/** @param before - the name, where the same claim is asked of several boards */
function claimCase(claim: ClaimResult, before = ''): Case {
  const { verdict, evidence } = claim;
  const outcome = ({ passed: 'passed', failed: 'failure', inconclusive: 'error' } as const)[verdict];
  const attributes = { name: claim.title, classname: before + claim.id };
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

/** One case a figure, or the one that says why there are none. */
function comparisonCases({ figures, reference, summary }: Comparison, before = ''): Case[] {
  if (figures.length === 0) {
    const attributes = { name: `is comparable with ${reference}`, classname: `${before}comparison` };
    const why = blame('error', 'inconclusive', summary, summary);
    return [{ outcome: 'error', xml: element('testcase', attributes, why) }];
  }
  return figures.map((figure) => {
    const [title, there, here, change] = comparisonCells(figure);
    const attributes = { name: title, classname: `${before}comparison.${figure.id}` };
    const { outcome: found, reason = '', origin } = figure;
    const outcome = comparisonOutcomes[found];
    const story = [
      reason,
      `there: ${there} (${reference})`,
      `here: ${here}`,
      `change: ${change} (${origin})`,
    ];
    const children = {
      passed: [],
      skipped: [element('skipped', { message: reason })],
      failure: [blame('failure', found, reason, story.join('\n'))],
      error: [blame('error', found, reason, story.join('\n'))],
    }[outcome];
    return { outcome, xml: element('testcase', attributes, ...children) };
  });
}

const comparisonOutcomes = {
  'no-regression': 'passed',
  regression: 'failure',
  inconclusive: 'error',
  'not-compared': 'skipped',
} as const;

function skippedCase({ id, title, reason }: SkippedClaim, before = ''): Case {
  const attributes = { name: title, classname: before + id };
  const xml = element('testcase', attributes, element('skipped', { message: reason }));
  return { outcome: 'skipped', xml };
}

/** What went wrong beside the claims. A run without a verdict of any other kind says why here. */
function benchCases(result: RunResult, before = ''): Case[] {
  const told = result.errors.map((error) => errorCase(error, before));
  const isJudged =
    result.claims.some(({ verdict }) => verdict !== 'passed') ||
    (result.comparison !== undefined && result.comparison.outcome !== 'no-regression');
  if (result.verdict === 'passed' || told.length > 0 || isJudged) return told;
  const { verdict, summary } = result;
  const attributes = { name: 'reaches a verdict', classname: `${before}bench` };
  const why = blame('error', verdict, summary, summary);
  return [{ outcome: 'error', xml: element('testcase', attributes, why) }];
}

function errorCase({ fault, code, message }: RunError, before: string): Case {
  const outcome = fault === 'dut' ? 'failure' : 'error';
  const attributes = { name: code, classname: `${before}bench.${fault}` };
  return { outcome, xml: element('testcase', attributes, blame(outcome, code, message, message)) };
}

function blame(outcome: 'failure' | 'error', type: string, message: string, story: string): Xml {
  return element(outcome, { type, message: message.split('\n', 1)[0] }, story);
}

function properties(
  { board, tier, realBoard, firmware, verdict, summary, id, record }: RunResult,
  more: Readonly<Record<string, string>> = {},
): Xml {
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
    ...more,
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
