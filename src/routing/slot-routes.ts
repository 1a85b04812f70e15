import type { View } from '../shared/fleet-state.ts';
import { hopLimits } from '../shared/limits.ts';
import { hashInSlot, slotCount } from '../shared/slots.ts';
import type { NodeLane } from './node-lane.ts';
import type { PendingOperation } from './pending-operation.ts';
import type { NodeConnection } from './transport.ts';

/** The way to one life of a node. */
export interface NodeLink {
  readonly connection: NodeConnection;
  readonly lanes: Record<'read' | 'bulk_read', NodeLane>;
  /**
   * Lanes of writes, by `SlotRoutes.writeLane`. A frame's answer waits for all of its writes, so that those which wait
   * for different copies travel apart: a copy that hangs holds up the writes of its own slots.
   */
  readonly writes: readonly NodeLane[];
  /** The same of large values. */
  readonly bulkWrites: readonly NodeLane[];
}

/** All lanes to a node. */
export function lanesOf({ lanes, writes, bulkWrites }: NodeLink): NodeLane[] {
  return [lanes.read, lanes.bulk_read, ...writes, ...bulkWrites];
}

/** What a view has changed. */
export interface RouteChange {
  /** Slots that have another primary, or another epoch. */
  readonly slots: readonly number[];
  /** Nodes that will never answer again: they have left the view, or are confirmed dead. */
  readonly gone: readonly NodeLink[];
  /** Nodes that are not primary any more of slots that they were. */
  readonly deposed: ReadonlySet<NodeLink>;
  /** Nodes that the fleet does not hear: what they have been sent may wait for ever. */
  readonly silent: ReadonlySet<NodeLink>;
}

/** Where operations go, by the newest view. */
export class SlotRoutes {
  readonly #connect: (url: string) => NodeLink;
  readonly #zone: string | undefined;
  readonly #links = new Map<string, NodeLink>();
  readonly #primaries: (NodeLink | null)[] = new Array(slotCount).fill(null);
  readonly #epochs = new Float64Array(slotCount).fill(-1);
  readonly #writeLanes = new Uint8Array(slotCount);
  #view: View | null = null;
  /** By node of the view; null for those that never answer again. */
  #linkOfNode: readonly (NodeLink | null)[] = [];
  /** Grows whenever a slot gets another primary. */
  version = 0;

  /** `zone` is the caller's own. */
  constructor(connect: (url: string) => NodeLink, zone: string | undefined) {
    this.#connect = connect;
    this.#zone = zone;
  }

  get viewNumber(): number {
    return this.#view === null ? -1 : this.#view.number;
  }

  links(): Iterable<NodeLink> {
    return this.#links.values();
  }

  primary(slot: number): NodeLink | null {
    return this.#primaries[slot]!;
  }

  /** Which of the primary's lanes the writes of a slot take: the same for slots with the same other copies. */
  writeLane(slot: number): number {
    return this.#writeLanes[slot]!;
  }

  /** The in-sync copy that a balanced read goes to: in the own zone, else by the key's hash; null when none is heard. */
  copy(slot: number, hash: number): NodeLink | null {
    const { nodes, slots } = this.#view!;
    const heard = slots[slot]![2].filter((node) => isHeard(nodes[node]!.state));
    const near = heard.find((node) => nodes[node]!.zone === this.#zone);
    const chosen = near ?? heard[hash % heard.length];
    return chosen === undefined ? null : this.#linkOfNode[chosen]!;
  }

  /** Whether an operation that was given to a node would still be by this view. */
  leadsTo(link: NodeLink, pending: PendingOperation): boolean {
    if (this.#primaries[pending.slot] === link) return true;
    if (!pending.atCopy) return false;
    const { nodes, slots } = this.#view!;
    return slots[pending.slot]![2].some((node) => this.#linkOfNode[node] === link && isHeard(nodes[node]!.state));
  }

  /** For each node that is primary of slots, a hash whose slot it serves. */
  hashOfEachNode(): number[] {
    const hashes = new Map<NodeLink, number>();
    this.#primaries.forEach((link, slot) => {
      if (link !== null && !hashes.has(link)) hashes.set(link, hashInSlot(slot));
    });
    return [...hashes.values()];
  }

  /** Takes over a newer view. */
  apply(view: View): RouteChange {
    const former = this.#view;
    const linkOfNodeBefore = this.#linkOfNode;
    this.#view = view;
    const current = new Set<string>();
    const silent = new Set<NodeLink>();
    this.#linkOfNode = view.nodes.map(({ id, incarnation, url, state }) => {
      if (state === 'dead') return null;
      const name = `${id}/${incarnation}/${url}`;
      current.add(name);
      let link = this.#links.get(name);
      if (link === undefined) {
        link = this.#connect(url);
        this.#links.set(name, link);
      }
      if (!isHeard(state)) silent.add(link);
      return link;
    });
    const isSameLinks =
      linkOfNodeBefore.length === this.#linkOfNode.length &&
      linkOfNodeBefore.every((link, node) => link === this.#linkOfNode[node]);
    const { slots, deposed } = this.#applySlots(view, former !== null && isSameLinks ? former.slots : []);
    const gone: NodeLink[] = [];
    for (const [name, link] of this.#links) {
      if (current.has(name)) continue;
      this.#links.delete(name);
      deposed.delete(link);
      gone.push(link);
    }
    return { slots, gone, deposed, silent };
  }

  /** `known`: rows that mean the same as they did before. */
  #applySlots(view: View, known: View['slots']): { slots: number[]; deposed: Set<NodeLink> } {
    const slots: number[] = [];
    const deposed = new Set<NodeLink>();
    let moved = false;
    for (let slot = 0; slot < slotCount; slot++) {
      const row = view.slots[slot]!;
      if (row === known[slot]) continue;
      const [epoch, , copies] = row;
      const before = this.#primaries[slot]!;
      const after = copies.length === 0 ? null : this.#linkOfNode[copies[0]!]!;
      if (after === before && epoch === this.#epochs[slot]) continue;
      slots.push(slot);
      this.#epochs[slot] = epoch;
      this.#writeLanes[slot] = copies.slice(1).reduce((sum, node) => sum + node, 0) % hopLimits.writeLanes;
      if (after === before) continue;
      this.#primaries[slot] = after;
      moved = true;
      if (before !== null) deposed.add(before);
    }
    if (moved) this.version++;
    return { slots, deposed };
  }
}

function isHeard(state: View['nodes'][number]['state']): boolean {
  return state !== 'silent' && state !== 'dead';
}
