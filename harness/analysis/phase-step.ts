import type { SlottedSend } from './send-slots.ts';
import { largest, median } from './statistics.ts';

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

/** Medians of 9 before and 9 after: 4 late ones on either side don't count. */
const SENDS_PER_SIDE = 9;

/**
 * Finds lost or doubled ticks: places where the phase of a schedule changes for good. A single late send, however
 * late, is none, which makes this usable on a busy host where bounds on single intervals are not.
 *
 * @param periodMs - period of the schedule; its error counts 9-fold as a step
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
  const steps = found
    .map(({ at, stepMs }) => ({ index: locate(phases, at), stepMs }))
    .sort((a, b) => a.index - b.index)
    .map(({ index, stepMs }) => ({
      index: sends[index]?.index ?? index,
      atMs: sends[index]?.atMs ?? 0,
      stepMs,
    }));
  return { largestMs, steps };
}

function sidesOf(phases: readonly number[], at: number): [before: number, after: number] {
  const before = median(phases.slice(at - SENDS_PER_SIDE, at)) ?? 0;
  const after = median(phases.slice(at, at + SENDS_PER_SIDE)) ?? 0;
  return [before, after];
}

/** Medians see a step up to 4 places off; it is where both sides fit their own median best. */
function locate(phases: readonly number[], near: number): number {
  const [before, after] = sidesOf(phases, near);
  const from = near - SENDS_PER_SIDE;
  const around = phases.slice(from, near + SENDS_PER_SIDE);
  let best = near;
  let least = Infinity;
  for (let at = near - 4; at <= near + 4; at++) {
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
