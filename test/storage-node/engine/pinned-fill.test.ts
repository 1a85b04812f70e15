import { expect, it } from 'vitest';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { utf8 } from '../../support/fleet-state.ts';

it('pinnedFill: grows with items that must not be evicted, to about 1 when there is no room, and back to 0', () => {
  const engine = createSegcache({ memoryBytes: 16 * 1024 * 1024, hashSeed: 1 });
  const [pinned, evicted] = [1, 2];
  engine.declareNamespace(pinned, { evictable: false, share: 0 });
  engine.declareNamespace(evicted, { evictable: true, share: 0 });
  const value = new Uint8Array(10_000);
  const put = (namespace: number, name: string) => {
    const key = utf8(name);
    return engine.put(namespace, key, 0, key.length, value, 0, value.length, 0, 1, 1e9, 0);
  };
  expect(engine.pinnedFill(pinned)).toBe(0);
  for (let i = 0; i < 3_000; i++) put(evicted, `other ${i}`);
  expect(engine.pinnedFill(pinned)).toBe(0);
  let count = 0;
  while (put(pinned, `key ${count}`) === 'stored') count++;
  expect(engine.pinnedFill(pinned)).toBeGreaterThan(0.9);
  expect(engine.pinnedFill(pinned)).toBeLessThanOrEqual(1);
  for (let i = 0; i < count; i++) {
    const key = utf8(`key ${i}`);
    expect(engine.remove(pinned, key, 0, key.length, 0)).toBe(true);
  }
  expect(engine.pinnedFill(pinned)).toBe(0);
});
