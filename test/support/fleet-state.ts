import { emptyFleetState } from '../../src/shared/control-link/state-watcher.ts';
import {
  type CacheSettings,
  cacheSettingsDefault,
  type FleetNode,
  type FleetState,
  type FleetStateSource,
  type Registry,
  type SlotAssignment,
  type View,
} from '../../src/shared/fleet-state.ts';
import type { CacheHandle } from '../../src/shared/operation.ts';
import { cacheSeed, keyHash, slotCount } from '../../src/shared/slots.ts';

export const account = 'main';
const encoder = new TextEncoder();

export function testNode(id: string, url = `http://${id}.test`, incarnation = `${id}-1`): FleetNode {
  return { id, incarnation, zone: id[0]!, url, weight: 1, state: 'active' };
}

/** A view in which the slots are dealt out to the nodes in turn, unless `assign` says otherwise. */
export function testView(
  number: number,
  nodes: readonly FleetNode[],
  assign: (slot: number) => SlotAssignment = (slot) => [number, 1, nodes.length === 0 ? [] : [slot % nodes.length], []],
): View {
  return { number, nodes: [...nodes], slots: Array.from({ length: slotCount }, (_, slot) => assign(slot)) };
}

/** Caches by name, each with its namespace, which is its topic space too, in the one test account. */
export function testRegistry(
  revision: number,
  namespaces: Readonly<Record<string, number>>,
  settings: Partial<CacheSettings> = {},
): Registry {
  return {
    revision,
    caches: Object.entries(namespaces).map(([name, namespace]) => ({
      account,
      name,
      namespace,
      topic_space: namespace,
      settings: { ...cacheSettingsDefault, ...settings },
      created_at_ms: 0,
    })),
  };
}

export function testState(view: View, registry: Registry): FleetState {
  return { ...emptyFleetState(), revision: view.number + registry.revision, view, registry };
}

/** A source whose state the test sets. A `refresh` changes nothing by itself, but is counted. */
export class ManualSource implements FleetStateSource {
  refreshes = 0;
  #state: FleetState;
  readonly #listeners = new Set<(state: FleetState) => void>();

  constructor(state: FleetState) {
    this.#state = state;
  }

  current(): FleetState {
    return this.#state;
  }

  onChange(listener: (state: FleetState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  refresh(): Promise<FleetState> {
    this.refreshes++;
    return Promise.resolve(this.#state);
  }

  set(change: { view?: View; registry?: Registry }): void {
    this.#state = { ...this.#state, ...change, revision: this.#state.revision + 1 };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

export function testCache(name = 'cache', namespace = 1): CacheHandle {
  return {
    account,
    name,
    seed: cacheSeed(account, name),
    namespace,
    topicSpace: namespace,
    settings: cacheSettingsDefault,
  };
}

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** Cache, key and hash of an operation. */
export function target(
  cache: CacheHandle,
  key: string | Uint8Array,
): { cache: CacheHandle; key: Uint8Array; hash: number } {
  const bytes = typeof key === 'string' ? utf8(key) : key;
  return { cache, key: bytes, hash: keyHash(cache.seed, bytes) };
}
