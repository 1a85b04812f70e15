/**
 * What a view becomes when nodes are no longer heard, are heard again, or have certainly ended. All slots that an event
 * touches change in one view.
 *
 * Silence takes a node out of in-sync sets in which a copy that is heard remains, and the first of those is primary. A
 * slot of which no copy is heard stays as it is and waits: its items may come back with any of them (rule P8). Only a
 * confirmed death of the last copy lets a slot restart empty, in a new data epoch.
 */
import type { FleetNode, SlotAssignment, View } from '../shared/fleet-state.ts';
import { isLive, isPlaced, type Life, lifeOf, stateOf, withHolders } from './lives.ts';
import { balancedTarget, type TargetOptions } from './target.ts';
import { nextDataEpoch } from './view-moves.ts';

export interface DeathOutcome {
  readonly view: View;
  /** Slots that have another primary, with everything they held. */
  readonly failovers: number;
  /** Slots that restarted empty, or wait to: what they held is lost. */
  readonly resets: number;
}

/** How slots that lost everything are placed anew. */
export interface ResetOptions extends TargetOptions {
  readonly wallMs: number;
  /** Whether a node may be given slots; all active ones when left out. */
  readonly accepts?: (node: FleetNode) => boolean;
}

/** Declares lives dead that nobody hears. */
export function withSilent(view: View, lives: ReadonlySet<Life>): DeathOutcome {
  const nodes = view.nodes.map((node): FleetNode => {
    return lives.has(lifeOf(node)) && isLive(node) ? { ...node, state: 'silent' } : node;
  });
  return settled(view, nodes, null);
}

/** Takes silent lives back that are heard again. */
export function withHeard(view: View, lives: ReadonlySet<Life>): DeathOutcome {
  const placed = isPlaced(view);
  const nodes = view.nodes.map((node): FleetNode => {
    if (node.state !== 'silent' || !lives.has(lifeOf(node))) return node;
    return { ...node, state: stateOf(node, placed) };
  });
  return settled(view, nodes, null);
}

/** Confirms that lives have ended. */
export function withDead(view: View, lives: ReadonlySet<Life>, options: ResetOptions): DeathOutcome {
  const nodes = view.nodes.map((node): FleetNode => {
    return lives.has(lifeOf(node)) && node.state !== 'dead' ? { ...node, state: 'dead' } : node;
  });
  return settled(view, nodes, options);
}

/** Puts a new life in the place of a former one, whose copies are gone with it. */
export function withNodeReplaced(view: View, index: number, node: FleetNode, options: ResetOptions): DeathOutcome {
  const nodes = view.nodes.with(index, node);
  const isGone = (each: number) => each === index || nodes[each]!.state === 'dead';
  return changed(view, nodes, isGone, options);
}

/** Removes nodes that hold nothing from the view, and renumbers the others. */
export function withoutEmptyNodes(view: View, ids: ReadonlySet<string>): View {
  const places = new Map<number, number>();
  const nodes = view.nodes.filter((node, index) => {
    if (ids.has(node.id)) return false;
    places.set(index, places.size);
    return true;
  });
  if (nodes.length === view.nodes.length) return view;
  const renumbered = (held: number[]): number[] =>
    held.map((index) => {
      const place = places.get(index);
      if (place === undefined) throw new Error('a node that holds a slot cannot leave the view');
      return place;
    });
  const slots = view.slots.map(([epoch, dataEpoch, copies, learners]): SlotAssignment => {
    return [epoch, dataEpoch, renumbered(copies), renumbered(learners)];
  });
  return { number: view.number + 1, nodes, slots };
}

function settled(view: View, nodes: FleetNode[], options: ResetOptions | null): DeathOutcome {
  if (nodes.every((node, index) => node === view.nodes[index])) return { view, failovers: 0, resets: 0 };
  return changed(view, nodes, (index) => nodes[index]!.state === 'dead', options);
}

/** The view with other nodes, of which those that `isGone` have lost what they held. */
function changed(
  view: View,
  nodes: FleetNode[],
  isGone: (index: number) => boolean,
  options: ResetOptions | null,
): DeathOutcome {
  const heard = nodes.map((node, index) => isLive(node) && !isGone(index));
  const gone = nodes.map((_, index) => isGone(index));
  let failovers = 0;
  const lost: number[] = [];
  const slots = view.slots.map((slot, number): SlotAssignment => {
    const [, , copies, learners] = slot;
    const remaining = copies.filter((node) => !gone[node]);
    const live = remaining.filter((node) => heard[node]);
    const kept = live.length > 0 ? live : remaining;
    const learning = learners.filter((node) => heard[node]);
    if (copies.length > 0 && kept.length === 0) {
      lost.push(number);
      return withHolders(slot, [], []);
    }
    if (kept.length === copies.length && learning.length === learners.length) return slot;
    if (kept[0] !== copies[0]) failovers++;
    return withHolders(slot, kept, learning);
  });
  const next = { number: view.number + 1, nodes, slots };
  if (lost.length === 0) return { view: next, failovers, resets: 0 };
  if (!options) throw new Error('silence takes no last copy away');
  return { view: withSlotsPlaced(next, lost, options), failovers, resets: lost.length };
}

/** Gives slots that nobody holds to nodes that have room, empty. Keeps the view's number. */
function withSlotsPlaced(view: View, lost: readonly number[], options: ResetOptions): View {
  const accepts = options.accepts ?? (() => true);
  const nodes = view.nodes.map((node) => {
    const isActive = node.state === 'active';
    return { ...node, keeps: isActive, accepts: isActive && accepts(node) };
  });
  // Without any other, one that is held back has to do.
  if (!nodes.some((node) => node.accepts)) for (const node of nodes) node.accepts = node.keeps;
  const holders = view.slots.map(([, , copies, learners]) => ({ copies, learners }));
  const target = balancedTarget(nodes, holders, options);
  const slots = [...view.slots];
  for (const number of lost) {
    const [epoch, dataEpoch] = slots[number]!;
    const copies = target[number]!;
    if (copies.length > 0) slots[number] = [epoch, nextDataEpoch(dataEpoch, options.wallMs), copies, []];
  }
  return { ...view, slots };
}
