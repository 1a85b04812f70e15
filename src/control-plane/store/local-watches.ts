import type { StoreEntry, StoreWatch } from './coordination-store.ts';

interface LocalWatch {
  readonly prefix: string;
  readonly listener: (entries: readonly StoreEntry[]) => void;
  /** A showing is on its way. */
  due: boolean;
}

/** The watches on a store that only this process changes. */
export class LocalWatches {
  readonly #list: (prefix: string) => readonly StoreEntry[] | undefined;
  readonly #watches = new Set<LocalWatch>();

  /** `list` gives nothing while the store fails. */
  constructor(list: (prefix: string) => readonly StoreEntry[] | undefined) {
    this.#list = list;
  }

  open(prefix: string, listener: LocalWatch['listener']): StoreWatch {
    const watch: LocalWatch = { prefix, listener, due: false };
    this.#watches.add(watch);
    this.#show(watch);
    return { close: () => void this.#watches.delete(watch) };
  }

  /** Shows anew whatever watches one of these keys. */
  changed(keys: readonly string[]): void {
    for (const watch of this.#watches) if (keys.some((key) => key.startsWith(watch.prefix))) this.#show(watch);
  }

  close(): void {
    this.#watches.clear();
  }

  /** Soon, and not within the change, so that a listener may use the store. */
  #show(watch: LocalWatch): void {
    if (watch.due) return;
    watch.due = true;
    queueMicrotask(() => {
      watch.due = false;
      if (!this.#watches.has(watch)) return;
      const entries = this.#list(watch.prefix);
      if (entries) watch.listener(entries);
    });
  }
}
