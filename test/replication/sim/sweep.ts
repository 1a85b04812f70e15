/** Run after run of the simulator, and what came of all of them. */
import { type ShapeName, shapeNames } from './shapes.ts';
import { type Figures, type SimulationResult, simulate } from './simulation.ts';

export interface SweepOptions {
  readonly from: number;
  readonly seeds: number;
  /** All shapes in turn when absent. */
  readonly shape?: ShapeName | undefined;
  /** Called after each run; the sweep ends when it returns true. */
  readonly onRun?: (seed: number, shape: ShapeName, result: SimulationResult) => boolean;
}

export interface Sweep {
  runs: number;
  /** Runs with a violation. */
  violating: number;
  undecided: number;
  readonly figures: Figures;
  readonly faults: Map<string, number>;
}

export function shapeOf(seed: number, shape: ShapeName | undefined): ShapeName {
  return shape ?? shapeNames[seed % shapeNames.length]!;
}

export function sweep({ from, seeds, shape, onRun }: SweepOptions): Sweep {
  let total: Figures | null = null;
  const faults = new Map<string, number>();
  let [runs, violating, undecided] = [0, 0, 0];
  for (let seed = from; seed < from + seeds; seed++) {
    const result = simulate({ seed, shape: shapeOf(seed, shape) });
    runs++;
    undecided += result.undecided;
    if (result.violations.length > 0) violating++;
    total = total === null ? { ...result.figures } : sumOf(total, result.figures);
    for (const [kind, count] of result.faults) faults.set(kind, (faults.get(kind) ?? 0) + count);
    if (onRun?.(seed, shapeOf(seed, shape), result)) break;
  }
  if (total === null) throw new RangeError('a sweep of no seeds');
  return { runs, violating, undecided, figures: total, faults };
}

function sumOf(a: Figures, b: Figures): Figures {
  const names = Object.keys(a) as (keyof Figures)[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as unknown as Figures;
}

/** How often faults of a kind came, in whatever phase. */
export function faultsOf(faults: ReadonlyMap<string, number>, kind: string): number {
  let sum = 0;
  for (const [name, count] of faults) if (name.startsWith(kind)) sum += count;
  return sum;
}
