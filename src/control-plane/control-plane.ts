/**
 * A control plane without its listener: the parts put together, the calls that gateways make of it, and its
 * housekeeping.
 *
 * Of several processes on one store only the leader opens it (`control-process.ts`), through a store that fences a
 * former one.
 */
import type { Clock } from '../shared/clock.ts';
import type { ProcessRegistration, StateAnswer, StateQuery } from '../shared/control-link/protocol.ts';
import type { FleetNode, FleetState } from '../shared/fleet-state.ts';
import type { Log } from '../shared/process.ts';
import { generateSigningKey } from '../tokens/signing-keys.ts';
import { type Change, Fleet } from './fleet.ts';
import type { FleetEvent } from './fleet-answers.ts';
import { FleetEvents } from './fleet-events.ts';
import { FleetOperations } from './fleet-operations.ts';
import { type IdempotencyClaim, IdempotencyRecords } from './idempotency.ts';
import { KeyRing } from './key-ring.ts';
import { controlPlaneLimits } from './limits.ts';
import { lifeOf } from './lives.ts';
import { Membership } from './membership.ts';
import { type MutationAnswer, Mutations } from './mutations.ts';
import { firstCache, Registry } from './registry.ts';
import type { SpareTargets } from './spares.ts';
import { Steward } from './steward.ts';
import type { CoordinationStore } from './store/coordination-store.ts';
import { type IssuedToken, TokenAuthority } from './token-authority.ts';
import { type NodeRegistration, withoutNodes } from './view-changes.ts';
import { ViewHistory } from './view-history.ts';
import { WatchHub } from './watch-hub.ts';

export interface ControlPlaneOptions {
  readonly store: CoordinationStore;
  readonly clock: Clock;
  readonly log: Log;
  /** `iss` of the tokens of a new fleet; an existing one keeps its own. */
  readonly issuer?: string;
  /** Storage nodes to wait for before the first placement; 0 or left out: whoever comes within a moment. */
  readonly expectedNodes?: number;
  /** Copies of each slot, each in a zone of its own; `replicationFactorDefault` when left out. */
  readonly replicationFactor?: number;
  /** When spare nodes are taken into use though none has died; never when left out. */
  readonly spareTargets?: SpareTargets;
  /**
   * Every storage node has ended since the control plane last ran, as when one supervisor starts both. The
   * stored view's nodes are then known to be dead: slots are placed anew, empty, over those that register.
   * Never true for a control plane that restarts beside living nodes.
   */
  readonly nodesStartAnew?: boolean;
  /**
   * Other processes have followed a former leader and are on their way here: for a moment, changes wait for them as
   * for watchers that poll.
   */
  readonly takesOver?: boolean;
}

/** Counts and gauges of a control plane; counts are since its start. */
export interface ControlPlaneStatistics {
  readonly revision: number;
  readonly view_number: number;
  readonly nodes: number;
  readonly caches: number;
  readonly revocations: number;
  readonly signing_keys: number;
  readonly processes: number;
  readonly watchers_live: number;
  readonly waiters: number;
  readonly acknowledge_timeouts: number;
  readonly mutations: number;
  readonly mutations_replayed: number;
  readonly mutations_refused: number;
  readonly idempotency_records: number;
  readonly views: number;
  readonly moves: number;
  readonly failovers: number;
  readonly silences: number;
  readonly resets: number;
  readonly proposals_applied: number;
  readonly proposals_refused: number;
  readonly nodes_silent: number;
  readonly slots_under_replicated: number;
  readonly slots_unserved: number;
  readonly slots_moving: number;
}

/** The account of the admin key and of the cache that exists from the first start. */
export const firstAccount = firstCache.account;
const issuerDefault = 'godwit';
/** Process id under which a control plane lists itself. */
const ownProcessId = 'control';

export class ControlPlane {
  readonly registry: Registry;
  readonly tokens: TokenAuthority;
  readonly steward: Steward;
  readonly operations: FleetOperations;
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keys: KeyRing;
  readonly #records: IdempotencyRecords;
  readonly #mutations: Mutations;
  readonly #membership: Membership;
  readonly #hub: WatchHub;
  readonly #views: ViewHistory;
  #ticking: Promise<void> | undefined;
  #saidRolledBack = false;

  private constructor(
    options: ControlPlaneOptions,
    fleet: Fleet,
    keys: KeyRing,
    records: IdempotencyRecords,
    formerEvents: readonly FleetEvent[],
  ) {
    const { clock, log, expectedNodes = 0, replicationFactor = controlPlaneLimits.replicationFactorDefault } = options;
    this.#fleet = fleet;
    this.#clock = clock;
    this.#log = log;
    this.#keys = keys;
    this.#records = records;
    this.#hub = new WatchHub(clock);
    this.#mutations = new Mutations(fleet, records, this.#hub);
    const lastSeenMs = (id: string) => this.#hub.lastSeenMs(id);
    const { spareTargets = {} } = options;
    this.steward = new Steward({ fleet, clock, log, replicationFactor, spareTargets, formerEvents });
    this.operations = new FleetOperations(fleet, this.steward);
    const resetOptions = () => this.steward.resetOptions;
    const mayRun = (node: FleetNode) => this.steward.mayRun(node);
    this.#membership = new Membership({
      ...{ fleet, clock, expectedNodes, replicationFactor, resetOptions, mayRun, lastSeenMs },
    });
    this.registry = new Registry(fleet, clock);
    this.tokens = new TokenAuthority(fleet, keys, clock);
    this.#views = new ViewHistory(fleet.state.view);
    fleet.onCommit(({ view }) => {
      this.#views.follow(view);
      this.#hub.notify();
    });
  }

  /** Reads the fleet's state, or begins a new fleet with its first key and cache. Throws `StoreError`. */
  static async open(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { store, clock } = options;
    const fleet = await Fleet.open(store, options.issuer ?? issuerDefault);
    const isNew = fleet.state.tokens.keys.length === 0;
    const keys = await KeyRing.open(fleet, clock);
    const records = await IdempotencyRecords.open(store, clock);
    const control = new ControlPlane(options, fleet, keys, records, await FleetEvents.read(store));
    if (options.takesOver === true) control.#expectWatchers();
    if (isNew || fleet.meta.next_namespace === 1) await control.#createFirstCache();
    if (options.nodesStartAnew === true) {
      await fleet.change((state) => control.steward.startedAnew(withoutNodes(state.view), state));
    }
    return control;
  }

  get state(): FleetState {
    return this.#fleet.state;
  }

  /** One administrative change; see `Mutations.run`. */
  mutate<T>(
    call: { readonly account: string; readonly idempotency?: IdempotencyClaim | undefined },
    decide: (state: FleetState) => Change<T> | Promise<Change<T>>,
  ): Promise<MutationAnswer<T>> {
    return this.#mutations.run(call.account, call.idempotency, decide);
  }

  /** One word of an operator about the fleet's nodes; asked again it is no harm, so nothing of it is recorded. */
  async operate<T>(decide: (state: FleetState) => Change<T>): Promise<MutationAnswer<T>> {
    const { answer, revision } = await this.#fleet.change(decide);
    return { answer, revision, replayed: false };
  }

  /** A new signing key, published to all gateways before it signs (`key-ring.ts`). */
  async rotateKeys(call: {
    readonly account: string;
    readonly idempotency?: IdempotencyClaim | undefined;
  }): Promise<MutationAnswer<{ kid: string }>> {
    const earlier = call.idempotency && (await this.#records.find(call.account, call.idempotency));
    if (earlier) return this.mutate(call, () => ({ answer: earlier.answer as { kid: string } }));
    const fresh = await generateSigningKey(this.#clock);
    const published = await this.#fleet.change((state) => this.#keys.prepareNext(state, fresh));
    await this.#hub.acknowledged(published.revision);
    return this.mutate(call, (state) => this.#keys.promote(state, published.answer.kid));
  }

  /** A new admin key, for whoever owns the data directory. */
  async issueAdminKey(): Promise<IssuedToken> {
    const { answer } = await this.#fleet.change((state) => this.tokens.issueAdminKey(state, firstAccount));
    return answer;
  }

  async registerNode(registration: NodeRegistration): Promise<{ view: number }> {
    const { id, zone } = registration;
    const { answer } = await this.#fleet.change((state): Change<{ view: number }> => {
      const { outcome, isNewLife, meta } = this.#membership.registerNode(state, registration);
      const answer = { view: outcome.view.number };
      if (outcome.view === state.view) return { answer };
      const former = state.view.nodes.find((node) => node.id === id);
      const registered = () => {
        if (!isNewLife) return;
        const { health, events } = this.steward;
        if (former) health.replaced(lifeOf(former), this.#clock.monotonicMs());
        // Whoever saw the former life end has said so, and it was told then.
        if (former && former.state !== 'dead') {
          events.record('node_dead', 'a new life of the node has begun', { node: id });
        }
        events.record('node_registered', `the node is in zone ${zone}`, { node: id });
      };
      return { ...this.steward.lost(outcome, state, meta, registered), answer };
    });
    return answer;
  }

  async registerProcess(process: ProcessRegistration): Promise<void> {
    await this.#fleet.change((state) => this.#membership.registerProcess(state, process));
  }

  /** Lists this control plane's own listener among the processes. */
  async registerSelf(url: string): Promise<void> {
    const own = { id: ownProcessId, role: 'control', url } as const;
    await this.#fleet.change((state) => this.#membership.registerProcess(state, own));
  }

  /** A watcher's long poll: the sections newer than those it holds, at once or when there are some. */
  async poll(query: StateQuery, signal: AbortSignal): Promise<StateAnswer> {
    if (query.revision > this.state.revision) this.#sayRolledBack();
    const hasNews = () => hasNewer(this.state, query);
    await this.#hub.poll(query.watcher, query.revision, hasNews, query.wait_ms, signal);
    const { revision, view, registry, tokens, processes } = this.state;
    return {
      revision,
      ...(view.number > query.view ? this.#viewFor(query) : {}),
      ...(registry.revision > query.registry ? { registry } : {}),
      ...(tokens.revision > query.tokens ? { tokens } : {}),
      ...(processes.revision > query.processes ? { processes } : {}),
    };
  }

  #viewFor({ view: held, view_source }: StateQuery): Pick<StateAnswer, 'view' | 'view_changes' | 'view_source'> {
    const { source } = this.#views;
    const changes = view_source === source ? this.#views.changesSince(held) : null;
    return { ...(changes ? { view_changes: changes } : { view: this.state.view }), view_source: source };
  }

  /**
   * One round of housekeeping: settles the first view, drops silent processes, removes what has expired.
   * Rounds never overlap; a failed one is logged and the next one tries again.
   */
  tick(): Promise<void> {
    this.#ticking ??= this.#tick()
      .catch((error: unknown) => this.#log.error({ err: error }, 'housekeeping failed'))
      .finally(() => {
        this.#ticking = undefined;
      });
    return this.#ticking;
  }

  /** One look at who is heard, and the steps of the plan; see `Steward.look`. */
  look(): Promise<void> {
    return this.steward.look();
  }

  statistics(): ControlPlaneStatistics {
    const { state, steward } = this;
    const slots = steward.slotCounts();
    const { done, replayed, refused } = this.#mutations.counts;
    return {
      revision: state.revision,
      view_number: state.view.number,
      nodes: state.view.nodes.length,
      caches: state.registry.caches.length,
      revocations: state.tokens.revocations.length,
      signing_keys: state.tokens.keys.length,
      processes: state.processes.list.length,
      watchers_live: this.#hub.liveWatchers,
      waiters: this.#hub.waiters,
      acknowledge_timeouts: this.#hub.acknowledgeTimeouts,
      mutations: done,
      mutations_replayed: replayed,
      mutations_refused: refused,
      idempotency_records: this.#records.size,
      ...steward.counts,
      moves: steward.steps,
      resets: this.#fleet.meta.resets,
      nodes_silent: state.view.nodes.filter((node) => node.state === 'silent').length,
      slots_under_replicated: slots.under_replicated,
      slots_unserved: slots.unserved,
      slots_moving: slots.moving,
    };
  }

  /** How long no storage node has been heard, in ms; undefined while one is, and while there is none to hear. */
  deafForMs(): number | undefined {
    return this.steward.health.deafForMs(this.#clock.monotonicMs());
  }

  /** Answers all waiting polls; later ones are answered at once. */
  stopWaiting(): void {
    this.#hub.close();
  }

  /** Lets the changes under way finish, then closes the store. */
  async close(): Promise<void> {
    this.#hub.close();
    await this.steward.close();
    await this.#ticking;
    await this.#fleet.idle();
    await this.#fleet.store.close();
  }

  /** A watcher knows a later state than the store: it was put back to an older copy under a running fleet. */
  #sayRolledBack(): void {
    if (this.#saidRolledBack) return;
    this.#saidRolledBack = true;
    this.#log.error(
      { revision: this.state.revision },
      'the store is older than what the fleet has seen; restart all gateways and storage nodes',
    );
  }

  #expectWatchers(): void {
    for (const { id, role } of this.state.processes.list) if (role !== 'control') this.#hub.expect(id);
  }

  async #createFirstCache(): Promise<void> {
    await this.#fleet.change((state) => this.registry.create(state, firstCache.account, firstCache.name, {}));
  }

  async #tick(): Promise<void> {
    const steps: ((state: FleetState) => Change<null> | undefined | Promise<Change<null> | undefined>)[] = [
      (state) => this.#membership.settle(state),
      (state) => this.#membership.dropSilent(state, ownProcessId),
      () => this.#records.prune(),
      (state) => this.#keys.prune(state),
      (state) => this.tokens.prune(state),
    ];
    for (const step of steps) await this.#fleet.change(async (state) => (await step(state)) ?? { answer: null });
  }
}

function hasNewer(state: FleetState, held: StateQuery): boolean {
  return (
    state.view.number > held.view ||
    state.registry.revision > held.registry ||
    state.tokens.revision > held.tokens ||
    state.processes.revision > held.processes
  );
}
