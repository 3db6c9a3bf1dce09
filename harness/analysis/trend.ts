import { median } from './statistics.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** How a figure changes over time, whatever else makes it scatter. */
export interface Trend {
  /** Change of `y` for a change of 1 in `x`: the median of the slopes between any two points (Theil and Sen). */
  readonly slope: number;
  /** Where the true slope lies, with the confidence asked for. */
  readonly low: number;
  readonly high: number;
  readonly sampleCount: number;
}

/** With fewer points no order of them is rare enough to be told from chance. */
const FEWEST_POINTS = 10;

/**
 * More points than this are put together, neighbours by their medians: what makes neighbours alike (a busy minute) is then one
 * point's matter, as the interval below assumes, and the work does not grow with the square of the time.
 */
const MOST_BLOCKS = 64;

/**
 * Finds a trend, robustly: nearly a third of the points may be anything. The interval is that of Sen, by the variance of Kendall's
 * count of pairs in order (Mann and Kendall's test), so that it leaves 0 out as often as that test is wrong: 1 − `confidence`
 * where there is no trend.
 *
 * @returns `undefined` for less than 10 points.
 * @see P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63 (1968)
 */
export function findTrend(points: readonly Point[], confidence: number): Trend | undefined {
  if (points.length < FEWEST_POINTS) return undefined;
  const blocks = intoBlocks(points);
  const slopes = blocks
    .flatMap((a, at) => blocks.slice(at + 1).map((b) => (b.y - a.y) / (b.x - a.x)))
    .sort((a, b) => a - b);
  const n = blocks.length;
  // Of Kendall's S where there are no ties; ties make it smaller, and the interval too wide rather than too narrow.
  const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const reach = normalQuantile((1 + confidence) / 2) * deviation;
  const below = Math.floor((slopes.length - reach) / 2);
  const low = slopes[below - 1];
  const high = slopes[slopes.length - below];
  const slope = median(slopes);
  if (low === undefined || high === undefined || slope === undefined) return undefined;
  return { slope, low, high, sampleCount: points.length };
}

/** The part of the change over `span` that is certain: 0 where the trend may be none. */
export function certainChange({ low, high }: Trend, span: number): number {
  if (low > 0) return low * span;
  return high < 0 ? high * span : 0;
}

function intoBlocks(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_BLOCKS);
  if (size === 1) return points;
  return Array.from({ length: Math.floor(points.length / size) }, (_, at) => {
    const block = points.slice(at * size, (at + 1) * size);
    return { x: median(block.map(({ x }) => x)) ?? 0, y: median(block.map(({ y }) => y)) ?? 0 };
  });
}

/**
 * The value that a standard normal variable stays below with probability `p`, from 0.5 to 1 − 10⁻⁷; within 4.5 · 10⁻⁴.
 *
 * @see Abramowitz & Stegun, Handbook of Mathematical Functions, 26.2.23
 */
function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(1 - p));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t ** 2;
  return t - above / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3);
}
