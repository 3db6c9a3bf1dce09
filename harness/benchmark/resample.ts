import type { Trace } from './traces.ts';

/** 0 to 1, the same every time for the same seed: the minimal standard generator of Park and Miller. */
export function seededRandom(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state - 1) / 2147483646;
  };
}

/** Delays are alike within a second of load, so they are drawn in blocks of ten. */
const blockLength = 10;

/**
 * A trace that never was: how late sends were against their schedule, drawn from recorded traces in blocks.
 *
 * @see H. R. Künsch, "The jackknife and the bootstrap for general stationary observations", Ann. Statist. 17 (1989)
 */
export function resample(
  traces: readonly Trace[],
  { sends, periodMs, nominalMs, random }: ResampleOptions,
): number[] {
  const atMs: number[] = [];
  while (atMs.length < sends) {
    const trace = traces[Math.floor(random() * traces.length)] ?? [];
    const from = Math.floor(random() * (trace.length - blockLength));
    for (let i = from; i < from + blockLength && atMs.length < sends; i++) {
      const lateMs = (trace[i] ?? 0) - i * nominalMs;
      atMs.push(Math.max(atMs.length * periodMs + lateMs, atMs.at(-1) ?? -Infinity));
    }
  }
  return atMs;
}

export interface ResampleOptions {
  readonly sends: number;
  /** Of the trace to be made, and of those recorded. */
  readonly periodMs: number;
  readonly nominalMs: number;
  readonly random: () => number;
}
