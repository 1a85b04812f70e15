/** Which slots are served: the primary of the newest epoch has said so under a view that shows that epoch. */
import type { View } from '../shared/fleet-state.ts';
import type { NodeReport } from './health.ts';
import { type Life, lifeOf } from './lives.ts';

export class Serving {
  /** Number of the view in which each slot got its epoch; at first that of the view that a leader begins with. */
  readonly #changedIn: Float64Array;
  #view: View;

  constructor(view: View) {
    this.#view = view;
    this.#changedIn = new Float64Array(view.slots.length).fill(view.number);
  }

  apply(view: View): void {
    if (view.slots !== this.#view.slots) {
      for (let slot = 0; slot < view.slots.length; slot++) {
        if (view.slots[slot]![0] !== this.#view.slots[slot]![0]) this.#changedIn[slot] = view.number;
      }
    }
    this.#view = view;
  }

  /** Whether each slot is served, by the fresh reports of nodes. */
  served(reportOf: (life: Life) => NodeReport | undefined): (slot: number) => boolean {
    const reports = this.#view.nodes.map((node) => {
      const heartbeat =
        node.state === 'dead' || node.state === 'silent' ? undefined : reportOf(lifeOf(node))?.heartbeat;
      return heartbeat && { heartbeat, notServing: new Set(heartbeat.not_serving_slots) };
    });
    return (slot) => {
      const primary = this.#view.slots[slot]![2][0];
      const report = primary === undefined ? undefined : reports[primary];
      if (!report || report.heartbeat.view < this.#changedIn[slot]!) return false;
      if (report.notServing.has(slot)) return false;
      // Named are the first by number: what is beyond the last named one may be among those that are only counted.
      const { not_serving, not_serving_slots } = report.heartbeat;
      return not_serving <= not_serving_slots.length || slot < (not_serving_slots.at(-1) ?? 0);
    };
  }
}
