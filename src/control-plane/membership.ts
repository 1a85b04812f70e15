/**
 * Who is in the fleet: storage nodes, which enter the view when they register, and processes, which are
 * listed while they poll. The first placement is made here; moves are the planner's, beside this.
 */
import type { Clock } from '../shared/clock.ts';
import { GodwitError, invalidArgument } from '../shared/errors.ts';
import type { FleetNode, FleetProcess, FleetState, View } from '../shared/fleet-state.ts';
import type { Change, Fleet } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import { isPlaced, lifeOf, wasPlaced } from './lives.ts';
import { entryKeys } from './records.ts';
import { type NodeRegistration, withFirstPlacement, withRegistration } from './view-changes.ts';
import type { DeathOutcome, ResetOptions } from './view-deaths.ts';

export interface MembershipOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  /**
   * Nodes to wait for before the first placement; 0: whoever has come when registrations fall quiet. A fleet that was
   * placed before waits for them for `returnSettleMs` only.
   */
  readonly expectedNodes: number;
  readonly replicationFactor: number;
  /** How slots that lost everything are placed now. */
  readonly resetOptions: () => ResetOptions;
  /** Whether the life of a node in the view may be running, for all that is known. */
  readonly mayRun: (node: FleetNode) => boolean;
  /** When a watcher of this id was last heard of, in monotonic ms. */
  readonly lastSeenMs: (id: string) => number | undefined;
}

/** What a registration makes of the view. */
export interface Registered {
  readonly outcome: DeathOutcome;
  /** The view did not name this life before. */
  readonly isNewLife: boolean;
  readonly meta: { readonly replaced_incarnations?: string[] };
}

export class Membership {
  readonly #options: MembershipOptions;
  readonly #startedMs: number;
  /** When each process registered here (monotonic ms): it counts as heard of until it polls. */
  readonly #registeredMs = new Map<string, number>();
  #lastRegistrationMs: number;
  /** Since when nodes wait here for a placement. */
  #joiningSinceMs: number | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#lastRegistrationMs = this.#startedMs;
  }

  /**
   * Takes a node's registration in; with the last expected one, places the slots. Throws `invalid_argument`
   * for an incarnation that a newer one has replaced or that has ended, `node_id_in_use` while another life of the id
   * may be running or is not the one that this one knows of, `limit_reached` at `nodesMax`.
   */
  registerNode(state: FleetState, registration: NodeRegistration): Registered {
    const { fleet, clock, resetOptions } = this.#options;
    const replaced = fleet.meta.replaced_incarnations;
    if (replaced.includes(lifeOf(registration))) {
      throw invalidArgument('This incarnation of the node has ended, or a newer one has replaced it.');
    }
    const former = state.view.nodes.find((node) => node.id === registration.id);
    const isNewLife = former?.incarnation !== registration.incarnation;
    if (former && isNewLife) this.#demandVacant(former, registration);
    // One that asks again, or is refused, brings nobody: others need not wait for more of them to come.
    if (isNewLife) this.#lastRegistrationMs = clock.monotonicMs();
    const outcome = withRegistration(state.view, registration, resetOptions());
    if (outcome.view.nodes.length > controlPlaneLimits.nodesMax) {
      throw limitReached('The view holds as many nodes as it may.', controlPlaneLimits.nodesMax);
    }
    const view = this.#isComplete(outcome.view) ? this.#firstPlacement(outcome.view) : outcome.view;
    if (!former || !isNewLife) return { outcome: { ...outcome, view }, isNewLife, meta: {} };
    const kept = replaced.filter((life) => life !== lifeOf(former));
    kept.push(lifeOf(former));
    const replaced_incarnations = kept.slice(-controlPlaneLimits.replacedIncarnationsMax);
    return { outcome: { ...outcome, view }, isNewLife, meta: { replaced_incarnations } };
  }

  /** A second process with a node's id must not end the first, nor must what a former life sent and is still under way. */
  #demandVacant(former: FleetNode, { replaces }: NodeRegistration): void {
    const running = this.#options.mayRun(former);
    if (!running && (replaces === undefined || replaces === former.incarnation)) return;
    const detail = running
      ? 'Another process with this node id is running, or was until a moment ago.'
      : 'The registration does not name the former life of the node.';
    throw new GodwitError('node_id_in_use', detail, { extra: { incarnation: former.incarnation, running } });
  }

  /** The placement over whoever has come, when it has been waited for the others long enough. */
  settle(state: FleetState): Change<null> | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const waits = !isPlaced(state.view) && state.view.nodes.some((node) => node.state === 'joining');
    if (!waits) {
      this.#joiningSinceMs = undefined;
      return undefined;
    }
    this.#joiningSinceMs ??= nowMs;
    if (!this.#hasWaited(state.view, nowMs, this.#joiningSinceMs)) return undefined;
    return { answer: null, view: this.#firstPlacement(state.view) };
  }

  #hasWaited(view: View, nowMs: number, joiningSinceMs: number): boolean {
    const { firstViewSettleMs, returnSettleMs } = controlPlaneLimits;
    if (this.#options.expectedNodes === 0) return nowMs - this.#lastRegistrationMs >= firstViewSettleMs;
    return wasPlaced(view) && nowMs - joiningSinceMs >= returnSettleMs;
  }

  #isComplete(view: View): boolean {
    const { expectedNodes } = this.#options;
    if (expectedNodes === 0 || isPlaced(view)) return false;
    return view.nodes.filter((node) => node.state === 'joining').length >= expectedNodes;
  }

  #firstPlacement(view: View): View {
    const { clock, replicationFactor } = this.#options;
    return withFirstPlacement(view, replicationFactor, clock.wallMs());
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

function limitReached(detail: string, limit: number): GodwitError {
  return new GodwitError('limit_reached', detail, { extra: { limit, actual: limit } });
}
