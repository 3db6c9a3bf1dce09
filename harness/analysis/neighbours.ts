/** Combines each value with the one after it; one result less than there are values. */
export function neighbours<T, R>(values: readonly T[], combine: (a: T, b: T) => R): R[] {
  return values.slice(1).map((value, i) => combine(values[i] as T, value));
}
