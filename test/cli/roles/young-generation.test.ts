import { expect, test } from 'vitest';
import { cliLimits } from '../../../src/cli/limits.ts';
import { boundYoungGeneration } from '../../../src/cli/roles/young-generation.ts';

test('the young generation grows up to its bound, and again when it has shrunk', () => {
  const factors: number[] = [];
  let bytes = 1024 * 1024;
  const look = () =>
    boundYoungGeneration({ youngBytes: () => bytes, setGrowthFactor: (factor) => factors.push(factor) });
  look();
  bytes = cliLimits.youngGenerationBytes;
  look();
  bytes /= 2;
  look();
  expect(factors).toEqual([2, 1, 2]);
});
