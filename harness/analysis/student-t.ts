/**
 * Probability that a Student-t variable of `degrees` degrees of freedom is at most `t`.
 *
 * @param degrees - a whole number of 1 or more
 * @see Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 (odd degrees) and 26.7.4 (even degrees)
 */
export function studentTCdf(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const odd = degrees % 2 === 1;
  const cosSquared = Math.cos(theta) ** 2;
  // Even: 1 + 1/2 cos² + 1·3/2·4 cos⁴ …; odd: cos + 2/3 cos³ + 2·4/3·5 cos⁵ …
  let term = odd ? Math.cos(theta) : 1;
  let series = odd && degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cosSquared;
    series += term;
  }
  const central = odd ? (2 / Math.PI) * (theta + Math.sin(theta) * series) : Math.sin(theta) * series;
  return (1 + central) / 2;
}

/** The `t` that such a variable stays below with probability `p` (above 0, below 1). */
export function studentTQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentTQuantile(1 - p, degrees);
  let low = 0;
  let high = 1;
  while (studentTCdf(high, degrees) < p) high *= 2;
  // Halved until a double holds nothing between the ends.
  for (let halvings = 0; halvings < 60; halvings++) {
    const middle = (low + high) / 2;
    if (studentTCdf(middle, degrees) < p) low = middle;
    else high = middle;
  }
  return high;
}
