import type { ControlCalls, FleetCondition } from '../../../src/cli/supervisor/control-calls.ts';
import type { GoneLife } from '../../../src/shared/control-link/protocol.ts';
import type { FakeLauncher } from './fake-children.ts';

/** A control plane that sees what the launcher runs, and notes which deaths it was told of. */
export class FakeControl implements ControlCalls {
  readonly gones: GoneLife[] = [];
  /** The report that the control plane does not hear, as long as it is not reachable. */
  unheard: AbortSignal | undefined;
  /** What the next answers say of the slots. */
  slots: FleetCondition['slots'] = { under_replicated: 0, unserved: 0, moving: 0 };
  /** What the next answers say otherwise than that a node of zone `a` with the id `a-1` is in use. */
  readonly nodes = new Map<string, Partial<FleetCondition['nodes'][number]>>();
  reachable = true;
  readonly #launcher: FakeLauncher;
  readonly #url: () => string | undefined;

  constructor(launcher: FakeLauncher, url: () => string | undefined) {
    this.#launcher = launcher;
    this.#url = url;
  }

  readonly gone = async (life: GoneLife, signal: AbortSignal): Promise<void> => {
    if (this.reachable) return void this.gones.push(life);
    this.unheard = signal;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };

  async condition(): Promise<FleetCondition> {
    this.#mustBeReachable();
    const storage = this.#launcher.lives.filter((life) => life.plan.role === 'storage' && life.running);
    const nodes = storage.map(({ plan: { id }, incarnation }) => {
      return { id, incarnation, state: 'active', zone: id[0]!, ...this.nodes.get(id) };
    });
    return { nodes, replication_factor: 2, slots: this.slots };
  }

  #mustBeReachable(): void {
    if (!this.reachable || this.#url() === undefined) throw new Error('no control plane');
  }
}
