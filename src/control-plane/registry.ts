/** The registry of caches: their settings, and the numbers under which the items and the topics of each are kept. */
import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import { type CacheRecord, type CacheSettings, cacheSettingsDefault, type FleetState } from '../shared/fleet-state.ts';
import { limits } from '../shared/limits.ts';
import type { Change, Fleet } from './fleet.ts';
import { type ListPage, pageOf } from './list-page.ts';
import { entryKeys } from './records.ts';
import { requireShare } from './share-limits.ts';

/** Namespace numbers are unsigned 32 bit in the item's header. */
const namespaceMax = 0xffff_ffff;

/** The cache that exists from the first start, so that the printed curl lines work. */
export const firstCache = { account: 'default', name: 'default' } as const;

export class Registry {
  readonly #fleet: Fleet;
  readonly #clock: Clock;

  constructor(fleet: Fleet, clock: Clock) {
    this.#fleet = fleet;
    this.#clock = clock;
  }

  /**
   * A new cache with `settings` over the defaults, or the existing one as it is. Throws
   * `cache_settings_differ` when it exists and a named setting is another, `limit_reached` when the account
   * holds `cachesPerAccountMax`, or the fleet's memory has no such share to give.
   */
  create(
    state: FleetState,
    account: string,
    name: string,
    settings: Partial<CacheSettings>,
  ): Change<{ created: boolean; record: CacheRecord }> {
    const existing = find(state, account, name);
    if (existing) {
      if (!agrees(existing.settings, settings)) {
        throw new GodwitError('cache_settings_differ', 'The cache exists with other settings.');
      }
      return { answer: { created: false, record: existing } };
    }
    const held = state.registry.caches.filter((cache) => cache.account === account).length;
    if (held >= limits.cachesPerAccountMax) {
      throw new GodwitError('limit_reached', 'The account holds as many caches as it may.', {
        extra: { limit: limits.cachesPerAccountMax, actual: held },
      });
    }
    const chosen = { ...cacheSettingsDefault, ...settings };
    requireShare(state.registry.caches, 0, chosen.memory_share);
    const { namespace, meta } = this.#takeNamespace();
    const record: CacheRecord = {
      account,
      name,
      namespace,
      topic_space: namespace,
      settings: chosen,
      created_at_ms: this.#clock.wallMs(),
    };
    return {
      answer: { created: true, record },
      caches: [...state.registry.caches, record],
      meta,
      puts: [{ key: entryKeys.cache(account, name), value: JSON.stringify(record) }],
    };
  }

  /** Throws `cache_not_found`. A cache created later under the name shows nothing of this one. */
  delete(state: FleetState, account: string, name: string): Change<{ deleted: true }> {
    const record = demand(state, account, name);
    return {
      answer: { deleted: true },
      caches: state.registry.caches.filter((cache) => cache !== record),
      deletes: [entryKeys.cache(account, name)],
    };
  }

  /**
   * Changes the named settings only. Throws `cache_not_found`, `limit_reached` when the fleet's memory has no such
   * share to give.
   */
  update(
    state: FleetState,
    account: string,
    name: string,
    settings: Partial<CacheSettings>,
  ): Change<{ record: CacheRecord }> {
    const record = demand(state, account, name);
    if (agrees(record.settings, settings)) return { answer: { record } };
    const changed = { ...record.settings, ...settings };
    const others = state.registry.caches.filter((cache) => cache !== record);
    requireShare(others, record.settings.memory_share, changed.memory_share);
    return replaced(state, record, { ...record, settings: changed });
  }

  /**
   * Empties the cache of its items in O(1): what follows is stored under a new namespace number. Topics go on under
   * theirs. Throws `cache_not_found`.
   */
  flush(state: FleetState, account: string, name: string): Change<{ record: CacheRecord }> {
    const record = demand(state, account, name);
    const { namespace, meta } = this.#takeNamespace();
    return { ...replaced(state, record, { ...record, namespace }), meta };
  }

  /** The account's caches by name. Throws `invalid_argument` for a token that no page gave. */
  list(account: string, limit?: number, nextToken?: string): ListPage<CacheRecord> {
    const caches = this.#fleet.state.registry.caches.filter((cache) => cache.account === account);
    caches.sort((a, b) => (a.name < b.name ? -1 : 1));
    return pageOf(caches, (cache) => cache.name, limit, nextToken);
  }

  #takeNamespace(): { namespace: number; meta: { next_namespace: number } } {
    const namespace = this.#fleet.meta.next_namespace;
    if (namespace > namespaceMax) {
      throw new GodwitError('limit_reached', 'The fleet has used all namespace numbers.', {
        extra: { limit: namespaceMax, actual: namespaceMax },
      });
    }
    return { namespace, meta: { next_namespace: namespace + 1 } };
  }
}

function replaced(state: FleetState, old: CacheRecord, record: CacheRecord): Change<{ record: CacheRecord }> {
  return {
    answer: { record },
    caches: state.registry.caches.map((cache) => (cache === old ? record : cache)),
    puts: [{ key: entryKeys.cache(record.account, record.name), value: JSON.stringify(record) }],
  };
}

function find(state: FleetState, account: string, name: string): CacheRecord | undefined {
  return state.registry.caches.find((cache) => cache.name === name && cache.account === account);
}

function demand(state: FleetState, account: string, name: string): CacheRecord {
  const record = find(state, account, name);
  if (!record) throw new GodwitError('cache_not_found', 'The account has no cache of this name.');
  return record;
}

function agrees(settings: CacheSettings, named: Partial<CacheSettings>): boolean {
  return Object.entries(named).every(([name, value]) => settings[name as keyof CacheSettings] === value);
}
