/**
 * Runs the simulator of the tree that this file is in, and stops at the first violation: prints it after the number of
 * runs that it took, with exit code 1. For mutants. An error that says the program itself is broken (a name that is not
 * there, a value of another type) is no finding: exit code 2.
 *
 *     node kill-check.ts RUNS SHAPE…   (so many runs of each shape, one shape after the other)
 */
import { shapeNames } from '../sim/shapes.ts';
import { simulate } from '../sim/simulation.ts';

const [runs, ...names] = process.argv.slice(2);

function firstViolation(): string | null {
  for (const name of names) {
    const shape = shapeNames.find((one) => one === name)!;
    for (let seed = 1; seed <= Number(runs); seed++) {
      try {
        const { violations } = simulate({ seed, shape });
        if (violations.length > 0) return `${shape}, run ${seed}: ${violations[0]}`;
      } catch (error) {
        const isBroken = error instanceof TypeError || error instanceof ReferenceError || error instanceof SyntaxError;
        if (isBroken || !(error instanceof Error)) throw error;
        return `${shape}, run ${seed}: ${error.message}`;
      }
    }
  }
  return null;
}

try {
  const found = firstViolation();
  if (found !== null) {
    console.log(found);
    process.exitCode = 1;
  }
} catch (error) {
  console.log(error);
  process.exitCode = 2;
}
