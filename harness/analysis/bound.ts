/**
 * A bound is what a claim promises about its figure. It knows its unit and where its number comes from, so that
 * a report can say both.
 */
import type { ErrorRates } from '../record/verdict.ts';

export type { ErrorRates } from '../record/verdict.ts';

export type Figure = number | string;

export interface Bound {
  /** The bound in words: "99 to 101". */
  readonly text: string;
  /** Unit of the figure; empty for texts and plain counts. */
  readonly unit: string;
  /** Why this number: a standard, a datasheet, a measurement. */
  readonly origin: string;
  readonly rates?: ErrorRates;
  readonly limits?: { readonly min?: number; readonly max?: number };
  holds(figure: Figure): boolean;
  /** Whether it would hold for a figure that differs by at most `error`. Always false for texts. */
  couldHold(figure: Figure, error: number): boolean;
}

interface Meaning {
  readonly unit?: string;
  readonly origin: string;
  readonly rates?: ErrorRates;
}

/** The figure lies in `nominal` ± `tolerance`, both ends included. */
export function within(nominal: number, tolerance: number, meaning: Meaning): Bound {
  return range({ min: nominal - tolerance, max: nominal + tolerance }, meaning);
}

export function atMost(max: number, meaning: Meaning): Bound {
  return range({ max }, meaning);
}

export function atLeast(min: number, meaning: Meaning): Bound {
  return range({ min }, meaning);
}

/** The figure is this value and no other. */
export function exactly(value: Figure, { unit = '', ...meaning }: Meaning): Bound {
  return {
    ...meaning,
    text: `exactly ${value}`,
    unit,
    ...(typeof value === 'number' && { limits: { min: value, max: value } }),
    holds: (figure) => figure === value,
    couldHold: (figure, error) =>
      typeof figure === 'number' && typeof value === 'number' && Math.abs(figure - value) <= error,
  };
}

function range(limits: { min?: number; max?: number }, { unit = '', ...meaning }: Meaning): Bound {
  const { min = -Infinity, max = Infinity } = limits;
  return {
    ...meaning,
    text: describeRange(limits),
    unit,
    limits,
    // A text or NaN is outside every range.
    holds: (figure) => typeof figure === 'number' && figure >= min && figure <= max,
    couldHold: (figure, error) =>
      typeof figure === 'number' && figure + error >= min && figure - error <= max,
  };
}

function describeRange({ min, max }: { min?: number; max?: number }): string {
  if (min === undefined) return `at most ${max ?? ''}`;
  if (max === undefined) return `at least ${min}`;
  return `${min} to ${max}`;
}
