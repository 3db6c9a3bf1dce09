import type { ComparedFigure, Comparison } from '../record/comparison.ts';
import type { Baseline, Estimate, RunFigures, RunSubject } from '../record/run-figures.ts';
import { comparedFigures, type ComparedFigureRule } from './compared-figures.ts';
import { defined } from './defined.ts';
import { describeLack } from './describe-lack.ts';
import { describeSuperiority } from './superiority.ts';
import { largest, median, smallest } from './statistics.ts';
import { studentTQuantile } from './student-t.ts';

export interface CompareOptions {
  /** What the run is compared with, in words: a run's folder, a baseline file. */
  readonly reference: string;
  /** 0 to 1: a regression is claimed by mistake, in any figure, with the probability 1 − `confidence` at most. */
  readonly confidence: number;
}

/** A run's figures, and what they are figures of. */
export interface ComparableRun {
  readonly subject: RunSubject;
  readonly figures: RunFigures;
}

/** Compares a run with those of a baseline, figure by figure. */
export function compareRuns(
  { subject, figures }: ComparableRun,
  baseline: Baseline,
  { reference, confidence }: CompareOptions,
): Comparison {
  const [first] = baseline.runs;
  const head = {
    reference,
    referenceRunCount: baseline.runs.length,
    confidence,
    ...(first && { referenceFirmware: `${baseline.subject.project} ${first.version}` }),
  };
  const difference = unlike(subject, baseline.subject);
  if (difference !== undefined) {
    return { ...head, outcome: 'inconclusive', summary: difference, figures: [] };
  }
  const told = comparedFigures.map((rule) => tellApart(rule, { subject, figures }, baseline.runs));
  const count = told.filter(isComparable).length;
  const compared = told.map((pair) =>
    isComparable(pair) ? judge(pair, (1 - confidence) / count) : withoutChange(pair),
  );
  return { ...head, ...conclude(compared), figures: compared };
}

/** One figure of both sides, before it is judged. */
interface Pair {
  readonly rule: ComparedFigureRule;
  readonly run: Estimate | undefined;
  readonly baseline: Estimate | undefined;
  /** How far single runs of the baseline are from it for the worse, in `changeUnit`; 0 for one run. */
  readonly ownSpread: number;
  readonly scale: number | undefined;
  /** By how much the host alone may have made the figure larger, or smaller if below 0; in its unit. */
  readonly hostShift: number;
  /** Why it can't be compared. */
  readonly obstacle?: Pick<ComparedFigure, 'outcome' | 'reason'>;
  readonly remark?: string;
}

type ComparablePair = Pair & { readonly run: Estimate; readonly baseline: Estimate; readonly scale: number };

function isComparable(pair: Pair): pair is ComparablePair {
  return (
    pair.obstacle === undefined &&
    pair.run !== undefined &&
    pair.baseline !== undefined &&
    pair.scale !== undefined
  );
}

function tellApart(
  rule: ComparedFigureRule,
  { subject, figures: run }: ComparableRun,
  baselineRuns: readonly RunFigures[],
): Pair {
  const before = baselineRuns.flatMap(({ figures }) => figures[rule.id] ?? []);
  const baseline = middleOf(before);
  const scale = baseline && medianScale(rule, baselineRuns, baseline.value);
  const pair = {
    rule,
    run: run.figures[rule.id],
    baseline,
    scale,
    hostShift: baseline && rule.ofHostSpeed ? baseline.value * hostDifference(run, baselineRuns) : 0,
    ownSpread: baseline && scale !== undefined ? ownSpread(rule, before, baseline.value) * scale : 0,
  };
  const obstacle =
    (sharesHost(subject) ? findHostObstacle : findNetworkObstacle)(pair, run, baselineRuns) ??
    findAbsence(pair, run, baselineRuns);
  if (obstacle) return { ...pair, obstacle };
  const remark = rule.id === 'round-trip' ? describeSuperiority(run, baselineRuns) : undefined;
  return remark === undefined ? pair : { ...pair, remark };
}

/** The board's processor is its host's own: it keeps time as well as the host does. */
function sharesHost({ tier }: RunSubject): boolean {
  return tier !== 'board';
}

function findHostObstacle(
  { rule }: Pair,
  figures: RunFigures,
  baselineRuns: readonly RunFigures[],
): Pair['obstacle'] {
  if (!rule.ofHost) return undefined;
  const other = baselineRuns.find(({ host }) => host !== figures.host);
  if (other) {
    const [there, here] = [other.host, figures.host].map((host) => host ?? 'one that is not told');
    return notCompared(
      `the board runs on its host, and the baseline’s was another: ${there ?? ''}, here ${here ?? ''}`,
    );
  }
  return undefined;
}

function findNetworkObstacle(
  { rule: { fewestBaselineRuns = 1 } }: Pair,
  _: RunFigures,
  baselineRuns: readonly RunFigures[],
): Pair['obstacle'] {
  if (baselineRuns.length >= fewestBaselineRuns) return undefined;
  return notCompared(
    `it differs from run to run by what the network does: only a baseline of ${fewestBaselineRuns} runs or more tells how much`,
  );
}

function findAbsence(
  { rule, run, baseline, scale }: Pair,
  figures: RunFigures,
  baselineRuns: readonly RunFigures[],
): Pair['obstacle'] {
  const here = run === undefined ? figures.lacking : undefined;
  const there = baseline === undefined ? baselineRuns.find(({ lacking }) => lacking)?.lacking : undefined;
  if (rule.ofTraffic && here) return { outcome: 'inconclusive', reason: describeLack(here, 'this run') };
  if (rule.ofTraffic && there)
    return { outcome: 'inconclusive', reason: describeLack(there, 'the baseline') };
  if (run === undefined && baseline === undefined) return notCompared('neither run tells it');
  if (run === undefined) return notCompared('this run does not tell it');
  return scale === undefined ? notCompared('the baseline does not tell it') : undefined;
}

function notCompared(reason: string): Pair['obstacle'] {
  return { outcome: 'not-compared', reason };
}

function judge(pair: ComparablePair, falseAlarm: number): ComparedFigure {
  const { rule, run, baseline, scale, ownSpread, hostShift, remark } = pair;
  const change = (run.value - baseline.value) * scale;
  const error = uncertainty(run, baseline, rule.worse === 'other' ? falseAlarm / 2 : falseAlarm);
  // A host that was slower may be all that there is to a longer round trip; one that was faster may hide one.
  const low = change - (error + Math.max(0, hostShift)) * scale;
  const high = change + (error + Math.max(0, -hostShift)) * scale;
  const tolerance = Math.max(rule.tolerance(baseline.value), ownSpread);
  const smallestEffect = rule.smallestEffect(baseline.value);
  const worst = worsening(rule, low, high);
  const outcome =
    worst.atLeast > tolerance
      ? 'regression'
      : worst.atMost <= smallestEffect - tolerance
        ? 'no-regression'
        : 'inconclusive';
  const compared = { ...pairWords(pair), outcome, change, low, high, tolerance, smallestEffect } as const;
  const reason = explain(compared, remark, Math.abs(hostShift) > error);
  return reason === undefined ? compared : { ...compared, reason };
}

function withoutChange(pair: Pair): ComparedFigure {
  return { ...pairWords(pair), ...(pair.obstacle ?? { outcome: 'not-compared' }) };
}

function pairWords({ rule, run, baseline }: Pair): Omit<ComparedFigure, 'outcome'> {
  const { id, title, unit, changeUnit, worse, origin } = rule;
  return {
    id,
    title,
    unit,
    ...defined({ baseline: baseline?.value, figure: run?.value, sampleCount: run?.sampleCount }),
    changeUnit,
    worse,
    origin,
  };
}

/** How much worse it is, at least and at most. */
function worsening(
  { worse }: ComparedFigureRule,
  low: number,
  high: number,
): { readonly atLeast: number; readonly atMost: number } {
  if (worse === 'more') return { atLeast: low, atMost: high };
  if (worse === 'less') return { atLeast: -high, atMost: -low };
  const isZeroInside = low <= 0 && high >= 0;
  return {
    atLeast: isZeroInside ? 0 : Math.min(Math.abs(low), Math.abs(high)),
    atMost: Math.max(Math.abs(low), Math.abs(high)),
  };
}

/** Half of the interval that holds the true difference of both but for a probability of `falseAlarm` to one side. */
function uncertainty(run: Estimate, baseline: Estimate, falseAlarm: number): number {
  const bound = (run.bound ?? 0) + (baseline.bound ?? 0);
  const error = Math.hypot(run.standardError ?? 0, baseline.standardError ?? 0);
  if (error === 0) return bound;
  const counts = [run, baseline].flatMap(({ sampleCount }) => sampleCount ?? []);
  // Beyond 200 degrees of freedom the distribution is the normal one to all purposes.
  const degrees = Math.max(1, Math.min(200, (smallest(counts) ?? 2) - 1));
  return bound + studentTQuantile(1 - falseAlarm, degrees) * error;
}

/** What several runs come to: their median, with an error as if it were a mean. */
function middleOf(estimates: readonly Estimate[]): Estimate | undefined {
  const value = median(estimates.map((estimate) => estimate.value));
  if (value === undefined) return undefined;
  const errors = estimates.flatMap(({ standardError }) => standardError ?? []);
  const standardError = errors.length === 0 ? undefined : Math.hypot(...errors) / errors.length;
  return {
    value,
    ...defined({
      standardError,
      bound: largest(estimates.flatMap(({ bound }) => bound ?? [])),
      sampleCount: smallest(estimates.flatMap(({ sampleCount }) => sampleCount ?? [])),
    }),
  };
}

function ownSpread({ worse }: ComparedFigureRule, before: readonly Estimate[], middle: number): number {
  const beyond = before.map(({ value }) => {
    if (worse === 'more') return value - middle;
    return worse === 'less' ? middle - value : Math.abs(value - middle);
  });
  return largest(beyond) ?? 0;
}

/**
 * By what share the host was slower than for any run of the baseline, below 0 if faster than for any; 0 where the board has a
 * processor of its own.
 */
function hostDifference(run: RunFigures, baselineRuns: readonly RunFigures[]): number {
  const before = baselineRuns.flatMap(({ serverPartUs }) => serverPartUs ?? []);
  const [fastest, slowest] = [smallest(before), largest(before)];
  const here = run.serverPartUs;
  if (here === undefined || fastest === undefined || slowest === undefined) return 0;
  if (here > slowest) return here / slowest - 1;
  return here < fastest ? here / fastest - 1 : 0;
}

function medianScale(
  { scale }: ComparedFigureRule,
  baselineRuns: readonly RunFigures[],
  value: number,
): number | undefined {
  return median(baselineRuns.flatMap((run) => scale(run, value) ?? []));
}

/** Why two runs say nothing about each other; `undefined` when they do. */
function unlike(run: RunSubject, baseline: RunSubject): string | undefined {
  const words: readonly (readonly [string, (subject: RunSubject) => string])[] = [
    ['firmware', ({ project, profile }) => (profile === undefined ? project : `${project} (${profile})`)],
    ['tier', ({ tier }) => tier],
    ['kind of board', ({ target }) => target],
    ['period', ({ periodMs }) => `${periodMs} ms`],
    ['payload', ({ numbered }) => (numbered ? 'one with a number' : 'one without a number')],
  ];
  const different = words.find(([, of]) => of(run) !== of(baseline));
  if (different === undefined) return undefined;
  const [what, of] = different;
  return `the baseline is of another ${what}: ${of(baseline)}, not ${of(run)}`;
}

function explain(
  { outcome, low, high, changeUnit, tolerance, smallestEffect, worse, sampleCount }: ComparedFigure,
  remark: string | undefined,
  isByHost: boolean,
): string | undefined {
  if (outcome === 'no-regression') return undefined;
  const between = `between ${signed(low)} and ${signed(high)} ${changeUnit}`;
  if (outcome === 'inconclusive') {
    if (isByHost) {
      return `HOST_LATE: the change lies ${between}, because the host, which the board runs on, was faster or slower itself. Next: run again when the host does the same as it did for the baseline`;
    }
    const samples = sampleCount === undefined ? '' : `; ${sampleCount} samples tell no more`;
    return `the change lies ${between}: too wide to exclude ${format(smallestEffect)} ${changeUnit}${samples}. Next: run again with a longer --duration`;
  }
  const way = { more: 'longer or larger', less: 'less', other: 'off' }[worse];
  const beyond = `${way} by more than the ${format(tolerance)} ${changeUnit} that runs of one firmware differ by: ${between}`;
  return remark === undefined ? beyond : `${beyond}; ${remark}`;
}

function conclude(figures: readonly ComparedFigure[]): Pick<Comparison, 'outcome' | 'summary'> {
  const of = (outcome: ComparedFigure['outcome']) => figures.filter((figure) => figure.outcome === outcome);
  const [worse, open, fine] = [of('regression'), of('inconclusive'), of('no-regression')];
  const [first] = worse;
  if (first) {
    const others = worse.length === 1 ? '' : ` and ${worse.length - 1} more`;
    return {
      outcome: 'regression',
      summary: `${first.title}: ${signed(first.change)} ${first.changeUnit}${others}`,
    };
  }
  if (open.length > 0) {
    const [{ title, reason = '' } = { title: '' }] = open;
    return {
      outcome: 'inconclusive',
      summary: `${open.length} of ${figures.length} figures can’t be told apart; ${title}: ${reason}`,
    };
  }
  if (fine.length === 0) return { outcome: 'inconclusive', summary: 'the runs have no figure in common' };
  return { outcome: 'no-regression', summary: `no regression in ${fine.length} figures` };
}

function signed(value: number | undefined): string {
  return value === undefined ? '–' : `${value > 0 ? '+' : ''}${format(value)}`;
}

function format(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(3)));
}
