/**
 * Who is in the fleet: storage nodes, which enter the view when they register, and processes, which are
 * listed while they poll. The first placement is made here; moves are the planner's, beside this.
 */
import type { Clock } from '../shared/clock.ts';
import { GodwitError, invalidArgument } from '../shared/errors.ts';
import type { FleetProcess, FleetState } from '../shared/fleet-state.ts';
import type { Change, Fleet } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import { entryKeys } from './records.ts';
import { isPlaced, type NodeRegistration, withFirstPlacement, withRegistration } from './view-changes.ts';

export interface MembershipOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  /** Nodes to wait for before the first placement; 0: whoever has come when registrations fall quiet. */
  readonly expectedNodes: number;
  readonly replicationFactor: number;
  /** When a watcher of this id was last heard of, in monotonic ms. */
  readonly lastSeenMs: (id: string) => number | undefined;
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #startedMs: number;
  /** When each process registered here (monotonic ms): it counts as heard of until it polls. */
  readonly #registeredMs = new Map<string, number>();
  #lastRegistrationMs: number;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#lastRegistrationMs = this.#startedMs;
  }

  /**
   * Takes a node's registration in; with the last expected one, places the slots. Throws `invalid_argument`
   * for an incarnation that a newer one has replaced, `limit_reached` at `nodesMax`.
   */
  registerNode(state: FleetState, registration: NodeRegistration): Change<{ view: number }> {
    const { fleet, clock, expectedNodes, replicationFactor } = this.#options;
    this.#lastRegistrationMs = clock.monotonicMs();
    const replaced = fleet.meta.replaced_incarnations;
    if (replaced.includes(lifeOf(registration))) {
      throw invalidArgument('This incarnation of the node was replaced by a newer one.');
    }
    let view = withRegistration(state.view, registration, clock.wallMs());
    if (view === state.view) return { answer: { view: view.number } };
    if (view.nodes.length > controlPlaneLimits.nodesMax) {
      throw limitReached('The view holds as many nodes as it may.', controlPlaneLimits.nodesMax);
    }
    if (expectedNodes > 0 && view.nodes.length >= expectedNodes && !isPlaced(view)) {
      view = withFirstPlacement(view, replicationFactor, clock.wallMs());
    }
    const former = state.view.nodes.find((node) => node.id === registration.id);
    const change: Change<{ view: number }> = { answer: { view: view.number }, view };
    if (!former || former.incarnation === registration.incarnation) return change;
    const kept = [...replaced, lifeOf(former)].slice(-controlPlaneLimits.replacedIncarnationsMax);
    return { ...change, meta: { replaced_incarnations: kept } };
  }

  /** The first placement of a fleet that expects no number of nodes, once registrations have been quiet. */
  settle(state: FleetState): Change<null> | undefined {
    const { clock, expectedNodes, replicationFactor } = this.#options;
    if (expectedNodes > 0 || state.view.nodes.length === 0 || isPlaced(state.view)) return undefined;
    if (clock.monotonicMs() - this.#lastRegistrationMs < controlPlaneLimits.firstViewSettleMs) return undefined;
    return { answer: null, view: withFirstPlacement(state.view, replicationFactor, clock.wallMs()) };
  }

  /** Lists a process by its watcher's id, or refreshes its URL. Throws `limit_reached` at `processesMax`. */
  registerProcess(state: FleetState, process: FleetProcess): Change<null> {
    const { list } = state.processes;
    const committed = () => {
      this.#registeredMs.set(process.id, this.#options.clock.monotonicMs());
    };
    const known = list.find(({ id }) => id === process.id);
    if (known && known.url === process.url && known.role === process.role) return { answer: null };
    if (!known && list.length >= controlPlaneLimits.processesMax) {
      throw limitReached('As many processes are listed as may be.', controlPlaneLimits.processesMax);
    }
    return {
      answer: null,
      processes: [...list.filter(({ id }) => id !== process.id), process],
      puts: [{ key: entryKeys.process(process.id), value: JSON.stringify(process) }],
      committed,
    };
  }

  /** Removes the processes that have been silent for `processSilentMs`; `ownId` never is. */
  dropSilent(state: FleetState, ownId: string): Change<null> | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const isSilent = ({ id }: FleetProcess) => {
      if (id === ownId) return false;
      const heardMs = Math.max(
        this.#options.lastSeenMs(id) ?? this.#startedMs,
        this.#registeredMs.get(id) ?? this.#startedMs,
      );
      return nowMs - heardMs >= controlPlaneLimits.processSilentMs;
    };
    const silent = state.processes.list.filter(isSilent).slice(0, controlPlaneLimits.prunedPerTickMax);
    if (silent.length === 0) return undefined;
    return {
      answer: null,
      processes: state.processes.list.filter((process) => !silent.includes(process)),
      deletes: silent.map(({ id }) => entryKeys.process(id)),
      committed: () => {
        for (const { id } of silent) this.#registeredMs.delete(id);
      },
    };
  }
}

function lifeOf(node: { id: string; incarnation: string }): string {
  return `${node.id}/${node.incarnation}`;
}

function limitReached(detail: string, limit: number): GodwitError {
  return new GodwitError('limit_reached', detail, { extra: { limit, actual: limit } });
}
