/** Since when each learner learns. */
import type { View } from '../shared/fleet-state.ts';
import { lifeOf } from './lives.ts';

export interface SlotLearner {
  readonly slot: number;
  readonly node: number;
}

export class LearnerWatch {
  #sinceMs = new Map<string, number>();

  /** Learners of the view that have been so for `afterMs`. */
  stuck(view: View, nowMs: number, afterMs: number): SlotLearner[] {
    const sinceMs = new Map<string, number>();
    const stuck: SlotLearner[] = [];
    for (const [slot, [, , , learners]] of view.slots.entries()) {
      for (const node of learners) {
        const key = `${slot} ${lifeOf(view.nodes[node]!)}`;
        const since = this.#sinceMs.get(key) ?? nowMs;
        sinceMs.set(key, since);
        if (nowMs - since >= afterMs) stuck.push({ slot, node });
      }
    }
    this.#sinceMs = sinceMs;
    return stuck;
  }
}
