import type { FleetNode, View } from '../../../src/shared/fleet-state.ts';
import { cacheSeed, keyHash, slotCount, slotOf } from '../../../src/shared/slots.ts';

/** A slot that restarted empty: all that it held is lost, and the view says so by its data epoch. */
export interface SlotReset {
  readonly slot: number;
  readonly dataEpoch: number;
  /** The last moment at which the former data epoch was seen, and the first of the new one. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Lives that had it in sync in the view before; undefined when that view was not seen. */
  readonly copies: readonly string[] | undefined;
}

export interface Placement {
  readonly epoch: number;
  readonly dataEpoch: number;
  /** Lives (`id/incarnation`), the primary first. */
  readonly copies: readonly string[];
  readonly learners: readonly string[];
}

const encoder = new TextEncoder();

/** What the views said so far, one after another as they were seen. */
export class ViewWatch {
  readonly #nowMs: () => number;
  #view: View | undefined;
  #seenMs = 0;
  readonly resets: SlotReset[] = [];
  /** Faults of the views themselves: an epoch or data epoch that went back, two copies in one zone. */
  readonly faults: string[] = [];
  views = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get view(): View {
    if (this.#view === undefined) throw new Error('no view was seen yet');
    return this.#view;
  }

  /** Takes the newest view; the same one again says that it still holds. */
  see(view: View): void {
    const nowMs = this.#nowMs();
    const former = this.#view;
    if (former !== undefined && view !== former) {
      this.views++;
      this.#compare(former, view, nowMs);
    }
    this.#view = view;
    this.#seenMs = nowMs;
  }

  placement(slot: number): Placement {
    const { nodes, slots } = this.view;
    const [epoch, dataEpoch, copies, learners] = slots[slot]!;
    const lives = (indices: readonly number[]) => indices.map((index) => lifeOf(nodes[index]!));
    return { epoch, dataEpoch, copies: lives(copies), learners: lives(learners) };
  }

  /** Slots whose primary is this life. */
  primaryOf(life: string): number[] {
    return this.#slotsWhere((copies) => copies[0] === life);
  }

  /** Slots that this life has any in-sync copy of. */
  copiesOf(life: string): number[] {
    return this.#slotsWhere((copies) => copies.includes(life));
  }

  /** The newest life of a node in the view. */
  lifeOf(nodeId: string): string | undefined {
    const node = this.view.nodes.findLast(({ id }) => id === nodeId);
    return node && lifeOf(node);
  }

  /** How many slots have fewer in-sync copies than `factor`. */
  incomplete(factor: number): number {
    return this.view.slots.filter(([, , copies]) => copies.length < factor).length;
  }

  /** How many slots have a learner, or more copies than `factor`: something is under way. */
  moving(factor: number): number {
    return this.view.slots.filter(([, , copies, learners]) => copies.length > factor || learners.length > 0).length;
  }

  /** Learners of all slots that are of this life. */
  learnersOf(life: string): number {
    const index = this.view.nodes.findIndex((node) => lifeOf(node) === life);
    return this.view.slots.filter(([, , , learners]) => learners.includes(index)).length;
  }

  /** For messages: how many slots have how many copies and learners, and the states of the nodes. */
  summary(): string {
    const shapes = Map.groupBy(this.view.slots, ([, , copies, learners]) => `${copies.length}+${learners.length}`);
    const counts = [...shapes].map(([shape, slots]) => `${slots.length} slots with ${shape}`);
    const states = this.view.nodes.map(({ id, state }) => `${id} ${state}`);
    return `view ${this.view.number}, ${counts.join(', ')}; ${states.join(', ')}`;
  }

  #slotsWhere(holds: (copies: string[]) => boolean): number[] {
    const lives = this.view.nodes.map(lifeOf);
    return this.view.slots.flatMap(([, , copies], slot) => (holds(copies.map((index) => lives[index]!)) ? [slot] : []));
  }

  #compare(former: View, view: View, untilMs: number): void {
    for (let slot = 0; slot < slotCount; slot++) {
      const [epoch, dataEpoch, copies] = view.slots[slot]!;
      const [formerEpoch, formerDataEpoch, formerCopies] = former.slots[slot]!;
      if (epoch < formerEpoch || dataEpoch < formerDataEpoch)
        this.#fault(`view ${view.number}: the epoch of slot ${slot} went back`);
      if (dataEpoch > formerDataEpoch && formerCopies.length > 0)
        this.resets.push({ slot, dataEpoch, fromMs: this.#seenMs, untilMs, copies: copiesIn(former, slot, view) });
      else if (dataEpoch === formerDataEpoch && copies.length > 0 && formerCopies.length > 0)
        this.#inherited(former, view, slot);
    }
  }

  /** A slot that goes on must go on at somebody who had it: of two views one after another, at least. */
  #inherited(former: View, view: View, slot: number): void {
    if (view.number !== former.number + 1) return;
    const primary = lifeOf(view.nodes[view.slots[slot]![2][0]!]!);
    const had = former.slots[slot]![2].map((index) => lifeOf(former.nodes[index]!));
    if (!had.includes(primary)) this.#fault(`view ${view.number}: slot ${slot} has a primary that was not in sync`);
  }

  #fault(text: string): void {
    if (this.faults.length < 20) this.faults.push(text);
  }
}

function copiesIn(former: View, slot: number, next: View): string[] | undefined {
  if (next.number !== former.number + 1) return undefined;
  return former.slots[slot]![2].map((index) => lifeOf(former.nodes[index]!));
}

export function lifeOf(node: Pick<FleetNode, 'id' | 'incarnation'>): string {
  return `${node.id}/${node.incarnation}`;
}

/** The slot of a key of a cache of the account `default`. */
export function slotOfKey(cache: string, key: string): number {
  return slotOf(keyHash(cacheSeed('default', cache), encoder.encode(key)));
}
