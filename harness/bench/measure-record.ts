import type { ComparableRun } from '../analysis/compare-runs.ts';
import { measureRun } from '../analysis/measure-run.ts';
import { Observation } from '../analysis/observation.ts';
import type { RunHeader } from '../record/events.ts';
import type { RunRecord } from '../record/read-run.ts';
import type { RunSubject } from '../record/run-figures.ts';
import type { FirmwareIdentity, TimingsMs } from '../record/verdict.ts';
import { ownProfile } from './profile.ts';
import { ReplayBench } from './replay-bench.ts';

/**
 * The figures of a recorded run, as they are compared with others'.
 *
 * @param timingsMs - of the run; by default those of its verdict
 * @returns `undefined` when the run did not come to the end of its undisturbed observation.
 */
export function measureRecord(
  record: RunRecord,
  timingsMs: Partial<TimingsMs> = record.result?.timingsMs ?? {},
): ComparableRun | undefined {
  const { header, lines } = record;
  const { firmware, profile = ownProfile, versions } = header;
  const evidence = new ReplayBench(record).steadyEvidence;
  if (evidence === undefined || firmware === undefined) return undefined;
  return {
    subject: subjectOf(header, firmware),
    figures: measureRun({
      id: header.id,
      startedAt: header.startedAt,
      firmware,
      host: versions['processor'],
      // Of the boot that was watched, not of those that claims brought about later.
      lines: lines.filter(({ hostNs }) => hostNs <= evidence.window.fromNs),
      bootMs: timingsMs.boot,
      steady: new Observation(evidence),
      isServer: profile.role === 'server',
    }),
  };
}

function subjectOf(header: RunHeader, { project, target }: FirmwareIdentity): RunSubject {
  const { tier, profile = ownProfile } = header;
  return {
    project,
    ...(profile.name !== undefined && { profile: profile.name }),
    tier,
    target,
    periodMs: profile.periodMs,
    ...(profile.numbered && { numbered: true }),
  };
}
