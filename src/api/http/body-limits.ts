/** Bounds of what a structured body may be made of, beside its bytes and depth in `shared/limits.ts`. */
export const bodyLimits = {
  /**
   * Objects, lists and entries of one body. The largest batch, a thousand items with two full lists of entity
   * tags each, has 150,000; without a bound, 24 MiB of `{}` would hold up the process for more than a second.
   */
  partsMax: 262_144,
} as const;
