/**
 * What the engine should hold, with memory without end: a Map per namespace. Values are places in the pattern
 * rather than bytes, so that the model keeps up with the engine.
 */
export interface ModelItem {
  length: number;
  from: number;
  flags: number;
  sequence: number;
  expiresAtMs: number;
}

/** One generation of a namespace, from its first mention to its drop. */
export class ModelNamespace {
  readonly items = new Map<number, ModelItem>();
  evictable = true;
  /** 0 … 1 of the memory. */
  share = 0;
  /** Items found missing that should be there: never more than the engine says it has evicted. */
  missing = 0;
  /** Items put where the engine had none, less those removed: in the engine, or evicted, or expired. */
  balance = 0;
  /** Whether it held items when it last stopped to evict: what the pinned pool had no room for may still go. */
  mayLose = false;
  /** What the engine had evicted when the namespace was last declared. */
  evictedBefore = 0;

  add(key: number, item: ModelItem): void {
    this.items.set(key, item);
    this.balance++;
  }

  /** Ends an item that the engine has, too. */
  remove(key: number): void {
    this.items.delete(key);
    this.balance--;
  }

  /** The item, if it is live. */
  live(key: number, nowMs: number): ModelItem | undefined {
    const item = this.items.get(key);
    if (item === undefined || nowMs < item.expiresAtMs) return item;
    this.items.delete(key);
    return undefined;
  }
}

export class Model {
  readonly #namespaces = new Map<number, ModelNamespace>();

  get namespaces(): ReadonlyMap<number, ModelNamespace> {
    return this.#namespaces;
  }

  of(namespace: number): ModelNamespace {
    let found = this.#namespaces.get(namespace);
    if (found === undefined) {
      found = new ModelNamespace();
      this.#namespaces.set(namespace, found);
    }
    return found;
  }

  drop(namespace: number): void {
    this.#namespaces.delete(namespace);
  }
}
