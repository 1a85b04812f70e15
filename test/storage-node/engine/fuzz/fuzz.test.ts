import { describe, expect, it } from 'vitest';
import { fuzzEngine, shapeOf } from './fuzz.ts';
import { shapes } from './shapes.ts';

const firstSeed = Number(process.env['GODWIT_FUZZ_SEED'] ?? 2 * shapes.length);
const operations = 20_000;

describe('segcache against the model', () => {
  it.each(shapes.map((_, i) => [shapeOf(firstSeed + i).name, firstSeed + i] as const))(
    '%s: agrees over 20,000 operations (seed %i)',
    (_name, seed) => {
      const { stored, evictions } = fuzzEngine({ seed, operations, checkEvery: 4_000 });
      expect(stored).toBeGreaterThan(operations / 4);
      if (shapeOf(seed).ample) expect(evictions).toBe(0);
    },
    60_000,
  );
});
