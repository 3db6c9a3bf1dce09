export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The line `y = intercept + slope · x`. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * The corners of the points' lower convex hull, from left to right.
 *
 * @param points - ascending in `x`, no two with the same
 * @see A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", Inf. Proc. Letters 9 (1979)
 */
export function lowerHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    for (;;) {
      const last = hull.at(-1);
      const beforeLast = hull.at(-2);
      if (last === undefined || beforeLast === undefined || turnsLeft(beforeLast, last, point)) break;
      hull.pop();
    }
    hull.push(point);
  }
  return hull;
}

/** The corners of the points' upper convex hull, from left to right. */
export function upperHull(points: readonly Point[]): Point[] {
  return lowerHull(points.map(flip)).map(flip);
}

export interface FloorLine extends Line {
  /** The two points that the line rests on. */
  readonly restsOn: readonly [Point, Point];
}

/**
 * The line below all points that is nearest to them in sum: the hull's edge under their mean `x`. Where `y` is
 * a clock plus a delay that is never negative, its slope is the clock's rate, however the delays are distributed.
 *
 * @returns `undefined` for less than two points
 * @see S. B. Moon, P. Skelly, D. Towsley, "Estimation and removal of clock skew from network delay measurements",
 *   INFOCOM 1999, doi:10.1109/INFCOM.1999.749287
 */
export function floorLine(points: readonly Point[]): FloorLine | undefined {
  const hull = lowerHull(points);
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const right = hull.findIndex(({ x }, i) => i > 0 && x >= meanX);
  const a = hull[right - 1];
  const b = hull[right];
  if (a === undefined || b === undefined) return undefined;
  const slope = (b.y - a.y) / (b.x - a.x);
  return { slope, intercept: a.y - slope * a.x, restsOn: [a, b] };
}

function turnsLeft(a: Point, b: Point, c: Point): boolean {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0;
}

function flip({ x, y }: Point): Point {
  return { x, y: -y };
}
