/** One measured point: what share of the gets missed with so much memory. */
export interface CurvePoint {
  readonly memoryMib: number;
  readonly missRatio: number;
}

/** Memory of one system to that of another at equal misses; a bound where the curves do not meet. */
export type MemoryRatio =
  | { readonly kind: 'measured'; readonly ratio: number; readonly from: number; readonly to: number }
  | { readonly kind: 'at_most' | 'at_least'; readonly ratio: number }
  | { readonly kind: 'none' };

/** Miss ratios at which the ratio is taken, evenly spaced over those that both curves have. */
const levels = 9;
/**
 * The lowest misses that both reach are left out by this share: there a curve is nearly flat, and the memory for
 * them is anything.
 */
const flatShare = 0.02;

/**
 * How much memory has this miss ratio, by interpolation between the measured points: the misses are taken to be
 * linear in the logarithm of the memory. Undefined outside of the measured misses: nothing is extrapolated.
 * More memory never counts as worse: a point above one with less memory is lowered to it.
 */
export function memoryForMisses(curve: readonly CurvePoint[], missRatio: number): number | undefined {
  const points = falling(curve);
  if (points.length === 0 || missRatio > points[0]!.missRatio) return undefined;
  for (const [i, point] of points.entries()) {
    if (missRatio < point.missRatio) continue;
    if (i === 0) return point.memoryMib;
    const before = points[i - 1]!;
    const share = (before.missRatio - missRatio) / (before.missRatio - point.missRatio);
    return before.memoryMib * (point.memoryMib / before.memoryMib) ** share;
  }
  return undefined;
}

/**
 * Memory that `ours` needs to that of `theirs` for equal misses: the geometric mean over the misses that both
 * measured curves have, with the least and the largest ratio among them.
 */
export function memoryRatio(ours: readonly CurvePoint[], theirs: readonly CurvePoint[]): MemoryRatio {
  const [a, b] = [falling(ours), falling(theirs)];
  if (a.length === 0 || b.length === 0) return { kind: 'none' };
  const top = Math.min(a[0]!.missRatio, b[0]!.missRatio);
  const bottom = Math.max(a.at(-1)!.missRatio, b.at(-1)!.missRatio) * (1 + flatShare);
  if (top < bottom) return bound(a, b);
  const logs = Array.from({ length: levels }, (_, i) => {
    // Rounding must not take the last level above the curve.
    const level = Math.min(top, bottom + ((top - bottom) * i) / (levels - 1));
    return Math.log(memoryForMisses(a, level)! / memoryForMisses(b, level)!);
  });
  const mean = logs.reduce((sum, log) => sum + log, 0) / levels;
  return {
    kind: 'measured',
    ratio: Math.exp(mean),
    from: Math.exp(Math.min(...logs)),
    to: Math.exp(Math.max(...logs)),
  };
}

/** Whole curves apart: the one with the least memory still misses less than the other with the most, or the reverse. */
function bound(a: readonly CurvePoint[], b: readonly CurvePoint[]): MemoryRatio {
  const [aFirst, aLast, bFirst, bLast] = [a[0]!, a.at(-1)!, b[0]!, b.at(-1)!];
  if (aFirst.missRatio <= bLast.missRatio) return { kind: 'at_most', ratio: aFirst.memoryMib / bLast.memoryMib };
  if (bFirst.missRatio <= aLast.missRatio) return { kind: 'at_least', ratio: aLast.memoryMib / bFirst.memoryMib };
  return { kind: 'none' };
}

/** By memory, each point no higher than those before. */
function falling(curve: readonly CurvePoint[]): CurvePoint[] {
  let least = Number.POSITIVE_INFINITY;
  return curve
    .toSorted((a, b) => a.memoryMib - b.memoryMib)
    .map(({ memoryMib, missRatio }) => {
      least = Math.min(least, missRatio);
      return { memoryMib, missRatio: least };
    });
}

/** At each size the lower of the misses. */
export function bestOf(curves: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const best = new Map<number, number>();
  for (const { memoryMib, missRatio } of curves.flat())
    best.set(memoryMib, Math.min(missRatio, best.get(memoryMib) ?? Number.POSITIVE_INFINITY));
  return [...best].map(([memoryMib, missRatio]) => ({ memoryMib, missRatio }));
}
