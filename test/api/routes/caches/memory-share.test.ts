import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call } from '../administration.ts';

const mib = 1024 * 1024;
/** Of each of two nodes: with the part for idempotency records off, the engine's smallest memory. */
const nodeMemoryBytes = 20 * mib;
/** Items of the cache that is to keep them: 2 MB, well inside a fifth of the fleet's memory. */
const kept = { count: 400, valueBytes: 5_000 };
/** Items that flood the fleet: one and a half times its memory. */
const flood = { count: 5_000, valueBytes: 12_000 };
const perBatch = 500;

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet({ zones: ['a', 'b'], memoryBytes: nodeMemoryBytes });
});
afterAll(() => fleet.stop());

const admin = (method: string, path: string, json?: unknown) =>
  call(fleet.url, method, path, { token: fleet.adminToken, ...(json === undefined ? {} : { json }) });

async function fill(cache: string, prefix: string, { count, valueBytes }: typeof kept): Promise<void> {
  const value = { text: 'v'.repeat(valueBytes) };
  for (let start = 0; start < count; start += perBatch) {
    const keys = Array.from({ length: Math.min(perBatch, count - start) }, (_, index) => `${prefix}-${start + index}`);
    const stored = await admin('POST', `/cache/${cache}/set`, { items: keys.map((key) => ({ key, value })) });
    expect(stored.status, stored.text).toBe(200);
  }
}

/** By reading each, which also makes them worth keeping. */
async function itemsRead(cache: string): Promise<number> {
  const keys = Array.from({ length: kept.count }, (_, index) => `item-${index}`);
  const { json } = await admin('POST', `/cache/${cache}/get`, { keys });
  return json.items.filter(({ outcome }: { outcome: string }) => outcome === 'hit').length;
}

const statisticsOf = async (cache: string) => (await admin('GET', `/caches/${cache}`)).json.statistics;

describe('memory share', () => {
  it('a cache keeps its items while another is flooded, and loses them without a share', async () => {
    const share = { memory_share: 0.2 };
    await admin('PUT', '/caches/flood');
    await admin('PUT', '/caches/unguarded');
    await admin('PUT', '/caches/guarded', share);
    await admin('PUT', '/caches/guarded-at-first', share);
    await admin('PUT', '/caches/guarded-later');
    const guarded = ['guarded', 'guarded-at-first', 'guarded-later'];
    for (const cache of ['unguarded', ...guarded]) await fill(cache, 'item', kept);
    await admin('PATCH', '/caches/guarded-later', share);
    await fill('flood', 'first', flood);
    for (const cache of guarded) expect(await statisticsOf(cache)).toMatchObject({ items: kept.count, evictions: 0 });
    expect(await itemsRead('guarded')).toBe(kept.count);
    const { items, evictions } = await statisticsOf('unguarded');
    expect(items).toBeLessThan(kept.count / 10);
    expect(evictions).toBe(kept.count - items);
    expect(await itemsRead('unguarded')).toBe(items);

    await admin('PATCH', '/caches/guarded-at-first', { memory_share: null });
    await fill('flood', 'second', flood);
    expect((await statisticsOf('guarded-at-first')).items).toBeLessThan(kept.count / 10);
    for (const cache of ['guarded', 'guarded-later']) expect(await itemsRead(cache)).toBe(kept.count);
  }, 60_000);
});
