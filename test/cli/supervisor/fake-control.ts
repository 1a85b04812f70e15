import type { ControlCalls, FleetCondition } from '../../../src/cli/supervisor/control-calls.ts';
import type { EndedLife } from '../../../src/cli/supervisor/death-reports.ts';
import type { FakeLauncher } from './fake-children.ts';

/** A control plane that sees what the launcher runs, and notes which deaths it was told of. */
export class FakeControl implements ControlCalls {
  readonly gones: EndedLife[] = [];
  /** What the next answers say of the slots. */
  slots: FleetCondition['slots'] = { under_replicated: 0, unserved: 0, moving: 0 };
  reachable = true;
  readonly #launcher: FakeLauncher;
  readonly #url: () => string | undefined;

  constructor(launcher: FakeLauncher, url: () => string | undefined) {
    this.#launcher = launcher;
    this.#url = url;
  }

  async gone(life: EndedLife): Promise<void> {
    this.#mustBeReachable();
    this.gones.push(life);
  }

  async condition(): Promise<FleetCondition> {
    this.#mustBeReachable();
    const storage = this.#launcher.lives.filter((life) => life.plan.role === 'storage' && life.running);
    const nodes = storage.map(({ plan, incarnation }) => ({ id: plan.id, incarnation, state: 'active' }));
    return { nodes, slots: this.slots };
  }

  #mustBeReachable(): void {
    if (!this.reachable || this.#url() === undefined) throw new Error('no control plane');
  }
}
