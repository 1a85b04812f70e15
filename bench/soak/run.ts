import { systemClock } from '../../src/shared/clock.ts';
import { cpuSeconds } from '../support/process-cpu.ts';
import { soakLimits } from './limits.ts';
import { type LoadCounts, MixedLoad } from './mixed-load.ts';
import { type NodeMetrics, type NodeUnderTest, startNode } from './node-under-test.ts';
import { cycle, filling, type Phase, phasesOf } from './phases.ts';
import { MemoryWatch } from './resident-memory.ts';

export interface SoakOptions {
  readonly memoryBytes: number;
  readonly minutes: number;
  readonly cycles: number;
  readonly seed: number;
  /** Whether throughput is judged: a form of seconds shows that the soak works and nothing else. */
  readonly judgeThroughput: boolean;
}

/** A phase as it was measured. */
export interface PhaseSample {
  readonly place: string;
  readonly cycle: number;
  readonly seconds: number;
  /** CPU time of the storage process, all threads. */
  readonly cpuSeconds: number;
  readonly counts: LoadCounts;
  readonly resident: { readonly samples: number; readonly meanBytes: number; readonly peakBytes: number };
  /** The engine at the end of the phase. */
  readonly engine: NodeMetrics;
}

export interface SoakRun {
  readonly phases: readonly PhaseSample[];
  /** Filling and warming up: its memory and its answers count, its throughput does not. */
  readonly warmUp: readonly PhaseSample[];
  /** Wrong answers in words. */
  readonly described: readonly string[];
}

export async function runSoak(
  options: SoakOptions,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<SoakRun> {
  const node = await startNode(stack, options.memoryBytes);
  const sizes = cycle.map((phase) => phase.sizes);
  const load = new MixedLoad(node.client, node.cache, options.memoryBytes, sizes, options.seed);
  const watch = new MemoryWatch(node.pid);
  stack.defer(() => watch.stop());
  const soak = new Soak(node, load, watch, say);

  const phases = phasesOf(options.cycles);
  const phaseMs = (options.minutes * 60_000) / phases.length;
  const warmUp = await soak.fill(phaseMs);
  for (const phase of cycle) warmUp.push(await soak.phase(phase, 0, phaseMs * soakLimits.warmUpShare));
  const samples: PhaseSample[] = [];
  for (const [index, phase] of phases.entries())
    samples.push(await soak.phase(phase, Math.floor(index / cycle.length) + 1, phaseMs));
  return { phases: samples, warmUp, described: load.described };
}

class Soak {
  readonly #node: NodeUnderTest;
  readonly #load: MixedLoad;
  readonly #watch: MemoryWatch;
  readonly #say: (line: string) => void;

  constructor(node: NodeUnderTest, load: MixedLoad, watch: MemoryWatch, say: (line: string) => void) {
    this.#node = node;
    this.#load = load;
    this.#watch = watch;
    this.#say = say;
  }

  /** Loads until the node has to evict, or `fillMsMax` is over, in pieces of at most a phase. */
  async fill(phaseMs: number): Promise<PhaseSample[]> {
    const samples: PhaseSample[] = [];
    const pieceMs = Math.min(phaseMs, 5_000);
    for (let filledMs = 0; filledMs < soakLimits.fillMsMax; filledMs += pieceMs) {
      const sample = await this.phase({ place: 'filling', sizes: filling }, 0, pieceMs);
      samples.push(sample);
      if (sample.engine.evictions > 0) break;
    }
    return samples;
  }

  async phase({ place, sizes }: Phase, number: number, ms: number): Promise<PhaseSample> {
    const cpuBefore = this.#cpuSeconds();
    const startMs = systemClock.monotonicMs();
    const counts = await this.#load.run(sizes, ms);
    const sample: PhaseSample = {
      place,
      cycle: number,
      seconds: (systemClock.monotonicMs() - startMs) / 1_000,
      cpuSeconds: this.#cpuSeconds() - cpuBefore,
      counts,
      resident: this.#watch.take(),
      engine: await this.#node.metrics(),
    };
    const mb = (sample.resident.peakBytes / 1e6).toFixed(0);
    const rate = (counts.operations / sample.seconds).toFixed(0);
    this.#say(`${place}: ${rate} operations a second, ${mb} MB at the most`);
    return sample;
  }

  #cpuSeconds(): number {
    const seconds = cpuSeconds(this.#node.pid);
    if (seconds === undefined) throw new Error(`the storage node has gone: ${this.#node.log().slice(-2_000)}`);
    return seconds;
  }
}
