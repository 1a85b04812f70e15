/** What operators ask of the fleet: each call as a change of the view, and safe to ask again. */
import { GodwitError } from '../shared/errors.ts';
import type { FleetNode, FleetState, View } from '../shared/fleet-state.ts';
import type { Change, Fleet } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import { type Holdings, isEmpty, isLive, isPlaced, lifeOf, stateOf } from './lives.ts';
import type { Steward } from './steward.ts';
import { withDead, withoutEmptyNodes } from './view-deaths.ts';
import { withNode } from './view-moves.ts';

export class FleetOperations {
  readonly #fleet: Fleet;
  readonly #steward: Steward;

  constructor(fleet: Fleet, steward: Steward) {
    this.#fleet = fleet;
    this.#steward = steward;
  }

  /**
   * Empties a node: others take what it holds, and it is given nothing until it is taken back, in its next life neither.
   * Throws `node_not_found`, `node_in_use` for the last active node.
   */
  drain(state: FleetState, id: string): Change<Record<string, never>> {
    const { view } = state;
    const { index, node } = demand(view, id);
    if (node.standing === 'draining') return { answer: {} };
    const isLast = node.state === 'active' && view.nodes.filter((each) => each.state === 'active').length === 1;
    if (isLast) throw inUse('No other node could take what the last active one holds.');
    const next = isLive(node) ? 'draining' : node.state;
    return {
      answer: {},
      view: withNode(view, index, { state: next, standing: 'draining' }),
      committed: () => this.#steward.events.record('drain_begun', 'an operator drains the node', { node: id }),
    };
  }

  /** Takes a node back, or a spare into use. Throws `node_not_found`. */
  undrain(state: FleetState, id: string): Change<Record<string, never>> {
    const { view } = state;
    const { index, node } = demand(view, id);
    const standing = 'active';
    const next = isLive(node) ? stateOf({ ...node, standing }, isPlaced(view)) : node.state;
    if (next === node.state && (node.standing ?? standing) === standing) return { answer: {} };
    const isSpare = node.standing === 'spare';
    return {
      answer: {},
      view: withNode(view, index, { state: next, standing }),
      committed: () => {
        const [kind, detail] = isSpare
          ? (['spare_activated', 'an operator takes the spare into use'] as const)
          : (['node_back', 'an operator takes the node back'] as const);
        this.#steward.events.record(kind, detail, { node: id });
      },
    };
  }

  /**
   * Takes a node out of the fleet for good; its life counts as ended. Without `force` only one that holds nothing and is
   * given nothing; with it, slots of which it has the last copy restart empty. Throws `node_not_found`, `node_in_use`.
   */
  remove(state: FleetState, id: string, force: boolean): Change<Record<string, never>> {
    const { index, node } = demand(state.view, id);
    const holdings = this.#steward.holdings(state.view)[index]!;
    if (!force && !mayGo(node, holdings)) throw inUse('The node holds slots, or may be given some: drain it first.');
    const outcome = withDead(state.view, new Set([lifeOf(node)]), this.#steward.resetOptions);
    const view = withoutEmptyNodes(outcome.view, new Set([id]));
    const replaced = this.#fleet.meta.replaced_incarnations.filter((life) => life !== lifeOf(node));
    const kept = [...replaced, lifeOf(node)].slice(-controlPlaneLimits.replacedIncarnationsMax);
    // A node that may still be waited for stays in sight as dead; one that held nothing is waited for by nobody.
    const shown = isEmpty(holdings) ? { ...view, number: state.view.number + 1 } : outcome.view;
    const change = this.#steward.lost({ ...outcome, view: shown }, state, { replaced_incarnations: kept }, () => {
      this.#steward.events.record('removed', force ? 'an operator removed it by force' : 'an operator removed it', {
        node: id,
      });
    });
    return { ...change, answer: {} };
  }
}

function mayGo(node: FleetNode, holdings: Holdings): boolean {
  return isEmpty(holdings) && node.state !== 'active' && node.state !== 'joining';
}

function demand(view: View, id: string): { index: number; node: FleetNode } {
  const index = view.nodes.findIndex((node) => node.id === id);
  const node = view.nodes[index];
  if (!node) throw new GodwitError('node_not_found', 'The fleet has no node of this id.');
  return { index, node };
}

function inUse(detail: string): GodwitError {
  return new GodwitError('node_in_use', detail);
}
