/**
 * Which TTL bucket a time to live belongs to: items of near-equal TTL share segments, so that segments
 * expire whole (Yang, Yue and Vinayak, NSDI'21, section 4.2).
 *
 * 1,024 buckets in four tiers of 256, each bucket of a tier 8, 128, 2,048 or 32,768 s wide. In the paper the
 * first 16 of tiers 2 to 4 are never used, because shorter tiers cover them; here those of tier 2 hold the
 * TTLs below 8 s, half a second wide each.
 */
export const ttlBucketCount = 1_024;

const belowTier1 = 256;
const belowTier1Count = 16;

export function ttlBucketOf(ttlMs: number): number {
  if (ttlMs < 8_000) return belowTier1 + Math.floor(ttlMs / 500);
  const seconds = Math.floor(ttlMs / 1_000);
  if (seconds < 2_048) return seconds >>> 3;
  if (seconds < 32_768) return (seconds >>> 7) + 256;
  if (seconds < 524_288) return (seconds >>> 11) + 512;
  return Math.min((seconds >>> 15) + 768, ttlBucketCount - 1);
}

/** Position of a bucket by TTL, shortest first; negative below 8 s. */
export function ttlBucketOrder(bucket: number): number {
  return bucket >= belowTier1 && bucket < belowTier1 + belowTier1Count ? bucket - belowTier1 - belowTier1Count : bucket;
}

/** The first TTL above the bucket, in ms. */
export function ttlBucketEndMs(bucket: number): number {
  const order = ttlBucketOrder(bucket);
  if (order < 0) return (bucket - belowTier1 + 1) * 500;
  const tier = bucket >>> 8;
  return ((bucket & 255) + 1) * 8_000 * 16 ** tier;
}
