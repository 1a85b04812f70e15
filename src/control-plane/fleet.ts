/**
 * The fleet's state and its only way to change: one change at a time, first committed to the coordination
 * store and then visible. Every section that a change touches gets the new revision as its number (the view
 * counts by itself).
 *
 * A second control process on the same store cannot interleave: each commit demands that the counters are
 * as this process last wrote them, so the loser's changes fail and nothing of them is stored.
 */
import { GodwitError } from '../shared/errors.ts';
import type { CacheRecord, FleetProcess, FleetState, TokenAuthority, View } from '../shared/fleet-state.ts';
import { controlPlaneLimits } from './limits.ts';
import {
  cacheRecordSchema,
  entryKeys,
  type Meta,
  metaSchema,
  parseRecord,
  prefixes,
  processSchema,
  revocationSchema,
  signingKeyRecordSchema,
  viewSchema,
} from './records.ts';
import { sectionText } from './state-text.ts';
import { type CoordinationStore, StoreError } from './store/coordination-store.ts';
import { publishedKeys, publishedRevocations } from './token-sections.ts';
import { emptyView } from './view-changes.ts';

/** What one change does: new values of the sections it touches, and the entries that persist them. */
export interface Change<T> {
  readonly answer: T;
  readonly view?: View;
  readonly caches?: CacheRecord[];
  readonly tokens?: Pick<TokenAuthority, 'keys' | 'revocations'>;
  readonly processes?: FleetProcess[];
  readonly meta?: Partial<Pick<Meta, 'next_namespace' | 'replaced_incarnations' | 'resets'>>;
  readonly puts?: readonly { readonly key: string; readonly value: string }[];
  readonly deletes?: readonly string[];
  /** Called once the change is stored, before anybody sees it: where whoever decided updates what it holds itself. */
  readonly committed?: () => void;
}

export interface Committed<T> {
  readonly answer: T;
  /** Revision from which on the answer holds everywhere it has been acknowledged. */
  readonly revision: number;
}

export class Fleet {
  readonly #store: CoordinationStore;
  readonly #listeners = new Set<(state: FleetState) => void>();
  #state: FleetState;
  #meta: Meta;
  #metaModRevision: number;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  private constructor(store: CoordinationStore, state: FleetState, meta: Meta, metaModRevision: number) {
    this.#store = store;
    this.#state = state;
    this.#meta = meta;
    this.#metaModRevision = metaModRevision;
  }

  /** Reads the state, or begins a new fleet in an empty store. `issuer` counts for a new one only. Throws `StoreError`. */
  static async open(store: CoordinationStore, issuer: string): Promise<Fleet> {
    const found = await store.get(entryKeys.meta);
    if (found) {
      const meta = parseRecord(metaSchema, 'counters entry', found.value);
      return new Fleet(store, await readState(store, meta), meta, found.modRevision);
    }
    const meta: Meta = {
      format: 1,
      issuer,
      revision: 0,
      registry_revision: 0,
      tokens_revision: 0,
      processes_revision: 0,
      next_namespace: 1,
      replaced_incarnations: [],
      resets: 0,
    };
    const outcome = await store.transact({
      compare: [{ key: entryKeys.meta, modRevision: 0 }],
      puts: [{ key: entryKeys.meta, value: JSON.stringify(meta) }],
    });
    if (!outcome.done) throw new StoreError('in_use', 'another control plane is starting on the same store');
    return new Fleet(store, await readState(store, meta), meta, outcome.revision);
  }

  get state(): FleetState {
    return this.#state;
  }

  get meta(): Readonly<Meta> {
    return this.#meta;
  }

  get store(): CoordinationStore {
    return this.#store;
  }

  /** Calls `listener` after each commit that made a new revision. */
  onCommit(listener: (state: FleetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Runs `decide` alone, on the newest state, and commits what it returns. Rejects with what `decide` threw,
   * with `overloaded` when too many changes wait, or with `control_plane_unavailable` when the store refuses
   * (`outcome_unknown` when it cannot say).
   */
  change<T>(decide: (state: FleetState) => Change<T> | Promise<Change<T>>): Promise<Committed<T>> {
    if (this.#waiting >= controlPlaneLimits.changesWaitingMax) {
      return Promise.reject(new GodwitError('overloaded', 'Too many administrative changes are waiting.'));
    }
    this.#waiting++;
    const run = this.#tail.then(async () => this.#commit(await decide(this.#state)));
    const settled = () => {
      this.#waiting--;
    };
    this.#tail = run.then(settled, settled);
    return run;
  }

  /** Resolves when no change is under way. */
  async idle(): Promise<void> {
    while (this.#waiting > 0) await this.#tail;
  }

  async #commit<T>(change: Change<T>): Promise<Committed<T>> {
    const touches = Boolean(change.view || change.caches || change.tokens || change.processes || change.meta);
    const puts = [...(change.puts ?? [])];
    if (!touches && puts.length === 0 && !change.deletes?.length) {
      change.committed?.();
      return { answer: change.answer, revision: this.#state.revision };
    }
    const revision = this.#meta.revision + 1;
    const meta = touches ? nextMeta(this.#meta, change, revision) : this.#meta;
    if (touches) puts.push({ key: entryKeys.meta, value: JSON.stringify(meta) });
    if (change.view) puts.push({ key: entryKeys.view, value: sectionText(change.view) });
    const compare = [{ key: entryKeys.meta, modRevision: this.#metaModRevision }];
    const outcome = await this.#transact({ compare, puts, deletes: change.deletes ?? [] });
    if (!outcome.done) {
      throw new GodwitError('control_plane_unavailable', 'Another control process has changed the fleet’s state.');
    }
    change.committed?.();
    if (!touches) return { answer: change.answer, revision: this.#state.revision };
    this.#metaModRevision = outcome.revision;
    this.#meta = meta;
    this.#state = nextState(this.#state, change, meta);
    for (const listener of [...this.#listeners]) listener(this.#state);
    return { answer: change.answer, revision };
  }

  async #transact(transaction: Parameters<CoordinationStore['transact']>[0]) {
    try {
      return await this.#store.transact(transaction);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const code = error.outcome === 'unknown' ? 'outcome_unknown' : 'control_plane_unavailable';
      throw new GodwitError(code, 'The control plane could not store the change.', { cause: error });
    }
  }
}

function nextMeta(meta: Meta, change: Change<unknown>, revision: number): Meta {
  return {
    ...meta,
    ...change.meta,
    revision,
    registry_revision: change.caches ? revision : meta.registry_revision,
    tokens_revision: change.tokens ? revision : meta.tokens_revision,
    processes_revision: change.processes ? revision : meta.processes_revision,
  };
}

function nextState(state: FleetState, change: Change<unknown>, meta: Meta): FleetState {
  const { revision } = meta;
  return {
    revision,
    view: change.view ?? state.view,
    registry: change.caches ? { revision, caches: change.caches } : state.registry,
    tokens: change.tokens ? { ...state.tokens, ...change.tokens, revision } : state.tokens,
    processes: change.processes ? { revision, list: change.processes } : state.processes,
  };
}

async function readState(store: CoordinationStore, meta: Meta): Promise<FleetState> {
  const view = await store.get(entryKeys.view);
  const caches = await store.list(prefixes.caches);
  const processes = await store.list(prefixes.processes);
  const keys = await store.list(prefixes.signingKeys);
  const revocations = await store.list(prefixes.revocations);
  return {
    revision: meta.revision,
    view: view ? parseRecord(viewSchema, 'view', view.value) : emptyView(),
    registry: {
      revision: meta.registry_revision,
      caches: caches.map((entry) => parseRecord(cacheRecordSchema, 'cache', entry.value)),
    },
    tokens: {
      revision: meta.tokens_revision,
      issuer: meta.issuer,
      keys: publishedKeys(keys.map((entry) => parseRecord(signingKeyRecordSchema, 'signing key', entry.value))),
      revocations: publishedRevocations(
        revocations.map((entry) => parseRecord(revocationSchema, 'revocation', entry.value)),
      ),
    },
    processes: {
      revision: meta.processes_revision,
      list: processes.map((entry) => parseRecord(processSchema, 'process', entry.value)),
    },
  };
}
