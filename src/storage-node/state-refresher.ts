import type { StateWatcher } from '../shared/control-link/state-watcher.ts';
import { hopLimits } from '../shared/limits.ts';
import { nodeLimits } from './limits.ts';
import type { EngineSlotStore } from './slot-store.ts';

/**
 * Gets the fleet's newest state when somebody knows a newer one than this node, however often that is noticed: one
 * question at a time, and a pause after each.
 */
export class StateRefresher {
  readonly #watcher: Pick<StateWatcher, 'refresh'>;
  readonly #store: EngineSlotStore;
  #running = false;
  #again = false;
  #stopped = false;

  constructor(watcher: Pick<StateWatcher, 'refresh'>, store: EngineSlotStore) {
    this.#watcher = watcher;
    this.#store = store;
  }

  refresh(): void {
    if (this.#running) this.#again = true;
    else if (!this.#stopped) void this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#again = false;
    const ahead = this.#store.slots.ahead();
    try {
      await this.#watcher.refresh(hopLimits.deadlineMs);
      // The registry that came is newer than the items that came before it was asked for.
      this.#store.settleGone(ahead);
    } catch {
      // Who noticed will notice again.
    }
    await new Promise((resolve) => setTimeout(resolve, nodeLimits.refreshPauseMs).unref());
    this.#running = false;
    if (this.#again) this.refresh();
  }
}
