import type { EvictionPolicyName, Geometry } from '../options.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { FifoPolicy } from './fifo.ts';
import { MergePolicy } from './merge.ts';
import { RandomPolicy } from './random.ts';
import { RandomSource } from './random-source.ts';
import { S3FifoPolicy } from './s3-fifo.ts';

export function newEvictionPolicy(name: EvictionPolicyName, geometry: Geometry, seed: number): EvictionPolicy {
  switch (name) {
    case 's3-fifo':
      return new S3FifoPolicy(geometry.ghostEntries);
    case 'merge':
      return new MergePolicy(new RandomSource(seed));
    case 'fifo':
      return new FifoPolicy();
    case 'random':
      return new RandomPolicy(new RandomSource(seed));
  }
}
