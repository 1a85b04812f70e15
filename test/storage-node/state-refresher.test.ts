import { describe, expect, it } from 'vitest';
import { emptyFleetState } from '../../src/shared/control-link/state-watcher.ts';
import { StateRefresher } from '../../src/storage-node/state-refresher.ts';
import { target, testCache, testRegistry, utf8 } from '../support/fleet-state.ts';
import { Cluster } from './replicated/cluster.ts';

/** A watcher whose answers the test gives. */
class ManualWatcher {
  readonly asked: { resolve: () => void; reject: () => void }[] = [];

  refresh() {
    return new Promise<ReturnType<typeof emptyFleetState>>((resolve, reject) => {
      this.asked.push({ resolve: () => resolve(emptyFleetState()), reject: () => reject(new Error('silent')) });
    });
  }

  async asks(count: number): Promise<void> {
    while (this.asked.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('state refresher', () => {
  it('asks one question at a time, however often it is told, and one more when it was told meanwhile', async () => {
    const watcher = new ManualWatcher();
    const { store } = new Cluster(['a']).node('a').core;
    const refresher = new StateRefresher(watcher, store);
    for (let i = 0; i < 10; i++) refresher.refresh();
    expect(watcher.asked).toHaveLength(1);
    watcher.asked[0]!.reject();
    await watcher.asks(2);
    watcher.asked[1]!.resolve();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(watcher.asked).toHaveLength(2);
    refresher.stop();
    refresher.refresh();
    expect(watcher.asked).toHaveLength(2);
  });

  it('what came of a cache that even the newer registry does not name is dropped', async () => {
    const cluster = new Cluster(['a', 'b']).serve('a', 'b');
    cluster.node('a').core.applyRegistry(testRegistry(2, { cache: 1, gone: 2 }));
    const at = target(testCache('gone', 2), 'key');
    cluster.node('a').send([{ kind: 'set', ...at, value: utf8('v'), contentType: '', ttlMs: 1_000 }]);
    cluster.settle();
    const { store } = cluster.node('b').core;
    expect(store.slots.anyAhead).toBe(true);
    const watcher = new ManualWatcher();
    new StateRefresher(watcher, store).refresh();
    watcher.asked[0]!.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.slots.anyAhead).toBe(false);
    expect(cluster.node('b').core.engine.statistics().items).toBe(0);
  });
});
