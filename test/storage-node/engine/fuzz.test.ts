import { describe, expect, it } from 'vitest';
import { fuzzEngine, fuzzShape, fuzzShapeCount } from './fuzz.ts';

const firstSeed = Number(process.env['GODWIT_FUZZ_SEED'] ?? 6);

describe('segcache against the naive engine', () => {
  for (let i = 0; i < fuzzShapeCount; i++) {
    const seed = firstSeed + i;
    it(`agrees over 34,000 operations (seed ${seed})`, () => {
      const shape = fuzzShape(seed, 34_000, 5_000);
      const { stored, evictions } = fuzzEngine(shape);
      expect(stored).toBeGreaterThan(9_000);
      if (shape.ample) expect(evictions).toBe(0);
    });
  }
});
