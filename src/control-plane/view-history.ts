/** The last views of this control process, so that watchers need not get a whole one for a change of some slots. */
import { randomBytes } from 'node:crypto';
import type { SlotRow, ViewChanges } from '../shared/control-link/view-check.ts';
import type { View } from '../shared/fleet-state.ts';
import { controlPlaneLimits } from './limits.ts';

interface Step {
  /** Number of the view that it begins with. */
  readonly since: number;
  readonly slots: readonly number[];
  readonly nodes: boolean;
}

/**
 * What has changed is told by identity: who makes a view of another keeps the rows that stay the same. Views of another
 * control process are none of this history, even with the same numbers: its store may have been put back.
 */
export class ViewHistory {
  /** Names this history for as long as the process leads. */
  readonly source = randomBytes(9).toString('base64url');
  #view: View;
  #steps: Step[] = [];
  /** By the view that is held; for the newest view only. */
  readonly #changes = new Map<number, ViewChanges | null>();

  constructor(view: View) {
    this.#view = view;
  }

  follow(view: View): void {
    const former = this.#view;
    if (view === former) return;
    const slots: number[] = [];
    for (let slot = 0; slot < view.slots.length; slot++) if (view.slots[slot] !== former.slots[slot]) slots.push(slot);
    this.#steps.push({ since: former.number, slots, nodes: view.nodes !== former.nodes });
    if (this.#steps.length > controlPlaneLimits.viewsKept) this.#steps.shift();
    this.#view = view;
    this.#changes.clear();
  }

  /** What the newest view has that the one `held` has not; null when that is not known any more, or is most of it. */
  changesSince(held: number): ViewChanges | null {
    let changes = this.#changes.get(held);
    if (changes === undefined) {
      changes = this.#changesSince(held);
      this.#changes.set(held, changes);
    }
    return changes;
  }

  #changesSince(held: number): ViewChanges | null {
    const first = this.#steps.findIndex(({ since }) => since === held);
    if (first < 0) return null;
    const steps = this.#steps.slice(first);
    const { number, nodes, slots } = this.#view;
    const changed = new Set(steps.flatMap((step) => step.slots));
    if (changed.size > slots.length / 2) return null;
    const rows = [...changed].map((slot): SlotRow => [slot, ...slots[slot]!]);
    return { since: held, number, ...(steps.some((step) => step.nodes) ? { nodes } : {}), slots: rows };
  }
}
