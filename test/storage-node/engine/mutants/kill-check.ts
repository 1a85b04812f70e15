/**
 * Runs every shape of the fuzz test on the engine of the tree that this file is in, and stops at the first
 * disagreement: prints it, with exit code 1. For mutants.
 */
import { fuzzEngine } from '../fuzz/fuzz.ts';
import { shapes } from '../fuzz/shapes.ts';

const operations = Number(process.argv[2]);
try {
  for (const [seed, shape] of shapes.entries()) fuzzEngine({ seed, shape, operations, checkEvery: 1_000, shrinkMs: 0 });
} catch (error) {
  console.log((error as Error).message);
  process.exitCode = 1;
}
