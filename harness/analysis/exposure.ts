/**
 * How many sends must be watched to see, with the probability `confidence`, a fault that meets each of them with the probability
 * `share`: the others' luck, (1 − share)ⁿ, has to be below 1 − confidence.
 */
export function sendsToCatch({
  share,
  confidence,
}: {
  readonly share: number;
  readonly confidence: number;
}): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(1 - share));
}

/**
 * Smallest fault that a healthy run is a proof against, as the share of sends that it meets: 7 in 100 are found among 100
 * sends 999 times of 1000.
 */
export const smallestShare = 0.07;
