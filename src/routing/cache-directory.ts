import type { Registry } from '../shared/fleet-state.ts';
import type { CacheHandle } from '../shared/operation.ts';
import { cacheSeed } from '../shared/slots.ts';

/**
 * The caches of the registry by account and name. A handle stays the same object for as long as its cache
 * exists, and its fields follow the registry, so that an operation under way sees a flush.
 */
export class CacheDirectory {
  #accounts = new Map<string, Map<string, CacheHandle>>();
  #revision = -1;

  get revision(): number {
    return this.#revision;
  }

  find(account: string, name: string): CacheHandle | undefined {
    return this.#accounts.get(account)?.get(name);
  }

  /** Takes over a newer registry; an older one is ignored. Handles of deleted caches get namespace and topic space 0. */
  apply(registry: Registry): void {
    if (registry.revision <= this.#revision) return;
    this.#revision = registry.revision;
    const before = this.#accounts;
    const after = new Map<string, Map<string, CacheHandle>>();
    for (const { account, name, namespace, topic_space: topicSpace, settings } of registry.caches) {
      let caches = after.get(account);
      if (caches === undefined) {
        caches = new Map();
        after.set(account, caches);
      }
      const known = before.get(account)?.get(name);
      if (known !== undefined) {
        known.namespace = namespace;
        known.topicSpace = topicSpace;
        known.settings = settings;
        caches.set(name, known);
        before.get(account)!.delete(name);
      } else {
        caches.set(name, { account, name, seed: cacheSeed(account, name), namespace, topicSpace, settings });
      }
    }
    for (const gone of before.values()) {
      for (const handle of gone.values()) {
        handle.namespace = 0;
        handle.topicSpace = 0;
      }
    }
    this.#accounts = after;
  }
}
