import type { SlottedSend } from './send-slots.ts';
import { largest, quantile } from './statistics.ts';

/** From here on, sends are earlier or later than the schedule so far said, and stay so. */
export interface PhaseStep {
  /** Index of the first instant after the step. */
  readonly index: number;
  readonly atMs: number;
  /** Positive: later than before, e.g. +10 for one tick of 100 Hz lost. */
  readonly stepMs: number;
}

export interface PhaseSteps {
  /** Size of the largest step anywhere, noise included; absent for less than 18 sends. */
  readonly largestMs?: number;
  /** Steps above the threshold, in order of time. */
  readonly steps: readonly PhaseStep[];
}

/**
 * Nine before against nine after, each by its third earliest in phase: six late ones on either side don't count. (Host
 * and network make sends late, never early, so the lower quartile moves less than the median.)
 */
const SENDS_PER_SIDE = 9;
const EARLY_ONES = 0.25;
const SENDS_SEEN_OFF = 6;

/**
 * Finds lost or doubled ticks: places where the phase of a schedule changes for good. A single late send, however
 * late, is none, which makes this usable on a busy host where bounds on single intervals are not.
 *
 * @param periodMs - mean period of the sends; its error counts 9-fold as a step
 * @param thresholdMs - smallest step that is listed
 */
export function findPhaseSteps(
  sends: readonly SlottedSend[],
  periodMs: number,
  thresholdMs: number,
): PhaseSteps {
  const phases = sends.map(({ slot, atMs }) => atMs - slot * periodMs);
  const candidates: { at: number; stepMs: number }[] = [];
  for (let at = SENDS_PER_SIDE; at + SENDS_PER_SIDE <= phases.length; at++) {
    const [before, after] = sidesOf(phases, at);
    candidates.push({ at, stepMs: after - before });
  }
  const largestMs = largest(candidates.map(({ stepMs }) => Math.abs(stepMs)));
  if (largestMs === undefined) return { steps: [] };

  const found: { at: number; stepMs: number }[] = [];
  const bySize = candidates.toSorted((a, b) => Math.abs(b.stepMs) - Math.abs(a.stepMs));
  for (const candidate of bySize) {
    if (Math.abs(candidate.stepMs) < thresholdMs) break;
    // One step shows at each place whose windows hold it.
    if (found.every(({ at }) => Math.abs(at - candidate.at) >= SENDS_PER_SIDE)) found.push(candidate);
  }
  // The steps are part of the mean period: their share in it is given back to them.
  const slotCount = (sends.at(-1)?.slot ?? 0) - (sends[0]?.slot ?? 0);
  const shareMs = (SENDS_PER_SIDE * found.reduce((sum, { stepMs }) => sum + stepMs, 0)) / slotCount;
  const steps = found
    .map(({ at, stepMs }) => ({ at: locate(phases, at), stepMs: stepMs + shareMs }))
    .sort((a, b) => a.at - b.at)
    .map(({ at, stepMs }) => ({ index: sends[at]?.index ?? at, atMs: sends[at]?.atMs ?? 0, stepMs }));
  return { largestMs, steps };
}

function sidesOf(phases: readonly number[], at: number): [before: number, after: number] {
  const before = quantile(phases.slice(at - SENDS_PER_SIDE, at), EARLY_ONES) ?? 0;
  const after = quantile(phases.slice(at, at + SENDS_PER_SIDE), EARLY_ONES) ?? 0;
  return [before, after];
}

/** Quartiles see a step up to 6 places off; it is where both sides fit their own best. */
function locate(phases: readonly number[], near: number): number {
  const [before, after] = sidesOf(phases, near);
  const from = near - SENDS_PER_SIDE;
  const around = phases.slice(from, near + SENDS_PER_SIDE);
  let best = near;
  let least = Infinity;
  for (let at = near - SENDS_SEEN_OFF; at <= near + SENDS_SEEN_OFF; at++) {
    const misfit = around.reduce(
      (sum, phase, i) => sum + Math.abs(phase - (from + i < at ? before : after)),
      0,
    );
    if (misfit < least) {
      least = misfit;
      best = at;
    }
  }
  return best;
}
