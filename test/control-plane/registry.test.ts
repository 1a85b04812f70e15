import { beforeEach, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../../src/control-plane/control-plane.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { cacheSettingsDefault } from '../../src/shared/fleet-state.ts';
import { limits } from '../../src/shared/limits.ts';
import { openControl } from './fixtures.ts';

let control: ControlPlane;
beforeEach(async () => {
  ({ control } = await openControl());
});

const create = (name: string, settings = {}, account = 'acme') =>
  control.mutate({ account }, (state) => control.registry.create(state, account, name, settings));
const remove = (name: string) =>
  control.mutate({ account: 'acme' }, (state) => control.registry.delete(state, 'acme', name));
const update = (name: string, settings: object) =>
  control.mutate({ account: 'acme' }, (state) => control.registry.update(state, 'acme', name, settings));
const flush = (name: string) =>
  control.mutate({ account: 'acme' }, (state) => control.registry.flush(state, 'acme', name));

describe('registry of caches', () => {
  it('the cache `default` of the account `default` exists from the first start', () => {
    expect(control.state.registry.caches).toMatchObject([{ account: 'default', name: 'default', namespace: 1 }]);
  });

  it('create: a new cache has the defaults under the named settings and a namespace of its own', async () => {
    const { answer, revision } = await create('a', { default_ttl_ms: 5_000 });
    expect(answer.created).toBe(true);
    expect(answer.record.settings).toEqual({ ...cacheSettingsDefault, default_ttl_ms: 5_000 });
    expect(answer.record.namespace).toBe(2);
    expect(control.state.revision).toBe(revision);
    expect(control.state.registry.revision).toBe(revision);
  });

  it('create: an existing cache is answered as it is and makes no revision', async () => {
    const first = await create('a', { eviction: 'none' });
    const again = await create('a');
    expect(again).toMatchObject({ revision: first.revision, answer: { created: false, record: first.answer.record } });
    expect((await create('a', { eviction: 'none' })).answer.created).toBe(false);
  });

  it('create: an existing cache with another value of a named setting is refused', async () => {
    await create('a', { eviction: 'none' });
    await expect(create('a', { eviction: 'evict' })).rejects.toMatchObject({ code: 'cache_settings_differ' });
  });

  it('create: the same name in two accounts is two caches', async () => {
    const [mine, theirs] = [await create('a'), await create('a', {}, 'other')];
    expect(mine.answer.record.namespace).not.toBe(theirs.answer.record.namespace);
  });

  it('delete: the cache is gone, and a later one of its name has a new namespace', async () => {
    const first = await create('a');
    await remove('a');
    await expect(remove('a')).rejects.toMatchObject({ code: 'cache_not_found' });
    const second = await create('a');
    expect(second.answer.record.namespace).toBeGreaterThan(first.answer.record.namespace);
  });

  it('create: the topics of a cache are kept under its first namespace, which no other cache ever has', async () => {
    const first = (await create('a', { topic_messages_max: 0, topic_retention_ms: 3_600_000 })).answer.record;
    expect(first).toMatchObject({ topic_space: first.namespace, settings: { topic_messages_max: 0 } });
    const flushed = (await flush('a')).answer.record;
    await remove('a');
    const second = (await create('a')).answer.record;
    expect(second.topic_space).toBe(second.namespace);
    expect(second.topic_space).toBeGreaterThan(flushed.namespace);
  });

  it('flush: only the namespace changes, and grows; the topic space stays', async () => {
    const { record } = (await create('a')).answer;
    const flushed = (await flush('a')).answer.record;
    expect(flushed).toEqual({ ...record, namespace: record.namespace + 1 });
    expect(flushed.topic_space).toBe(record.namespace);
    await expect(flush('none')).rejects.toMatchObject({ code: 'cache_not_found' });
  });

  it('update: changes the named settings only', async () => {
    await create('a', { eviction: 'none' });
    const { record } = (await update('a', { cache_control: 'private' })).answer;
    expect(record.settings).toMatchObject({ eviction: 'none', cache_control: 'private' });
    await expect(update('none', {})).rejects.toMatchObject({ code: 'cache_not_found' });
  });

  it('list: pages through one account by name', async () => {
    for (const name of ['c', 'a', 'b']) await create(name);
    await create('z', {}, 'other');
    const first = control.registry.list('acme', 2);
    expect(first.items.map((cache) => cache.name)).toEqual(['a', 'b']);
    const second = control.registry.list('acme', 2, first.next_token);
    expect(second.items.map((cache) => cache.name)).toEqual(['c']);
    expect(second.next_token).toBeUndefined();
  });

  it('list: refuses a limit out of range and a token that no page gave', () => {
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return undefined;
    };
    expect(code(() => control.registry.list('acme', 0))).toBe('invalid_argument');
    expect(code(() => control.registry.list('acme', controlPlaneLimits.listPageMax + 1))).toBe('invalid_argument');
    expect(code(() => control.registry.list('acme', 1, '%%%'))).toBe('invalid_argument');
  });

  it('create: an account at its limit is refused and told the numbers; other accounts are not', async () => {
    const filled = openSqliteStore(':memory:');
    const full = (await openControl({ store: filled })).control;
    const [template] = full.state.registry.caches;
    const caches = Array.from({ length: limits.cachesPerAccountMax }, (_, i) => ({
      ...template!,
      account: 'acme',
      name: `c${i}`,
    }));
    const state = { ...full.state, registry: { revision: 9, caches } };
    expect(() => full.registry.create(state, 'acme', 'one-more', {})).toThrow(
      expect.objectContaining({ code: 'limit_reached', extra: { limit: 10_000, actual: 10_000 } }),
    );
    expect(full.registry.create(state, 'other', 'first', {}).answer.created).toBe(true);
  });

  it('changes asked for at once are made one after the other', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => create(`c${i % 10}`)));
    const created = answers.filter(({ answer }) => answer.created);
    expect(created).toHaveLength(10);
    expect(new Set(created.map(({ answer }) => answer.record.namespace)).size).toBe(10);
  });
});

describe('shares of the memory', () => {
  const { cachesWithShareMax, memoryShareSumMax } = limits;
  const refused = (limit: number, actual: number) =>
    expect.objectContaining({ code: 'limit_reached', extra: { limit, actual } });

  it('create: refused when the shares of all accounts would come to too much; nothing is made', async () => {
    await create('a', { memory_share: 0.5 });
    const before = control.state;
    await expect(create('b', { memory_share: 0.251 }, 'other')).rejects.toEqual(refused(memoryShareSumMax, 0.751));
    expect(control.state).toBe(before);
    expect((await create('b', { memory_share: 0.25 }, 'other')).answer.record.settings.memory_share).toBe(0.25);
  });

  it('update: refused when the shares would come to too much; the cache stays as it was', async () => {
    await create('a', { memory_share: 0.5 });
    await create('b', { memory_share: 0.1 });
    const before = control.state;
    await expect(update('b', { memory_share: 0.3, eviction: 'none' })).rejects.toEqual(refused(memoryShareSumMax, 0.8));
    expect(control.state).toBe(before);
    expect((await update('b', { memory_share: 0.25 })).answer.record.settings.memory_share).toBe(0.25);
  });

  it('a share given back by an update or with its cache can be had again', async () => {
    await create('a', { memory_share: memoryShareSumMax });
    await update('a', { memory_share: 0 });
    await create('b', { memory_share: memoryShareSumMax });
    await remove('b');
    await update('a', { memory_share: memoryShareSumMax });
    await expect(create('c', { memory_share: 0.001 })).rejects.toMatchObject({ code: 'limit_reached' });
    expect((await create('c')).answer.created).toBe(true);
  });

  it('a flushed cache keeps its share', async () => {
    await create('a', { memory_share: 0.5 });
    expect((await flush('a')).answer.record.settings.memory_share).toBe(0.5);
    await expect(create('b', { memory_share: 0.5 })).rejects.toMatchObject({ code: 'limit_reached' });
  });

  it('sums of thousandths are exact: what just fits is not refused for rounding', async () => {
    for (const [name, share] of [
      ['a', 0.1],
      ['b', 0.2],
      ['c', 0.007],
      ['d', 0.443],
    ] as const)
      await create(name, { memory_share: share });
    await expect(create('e', { memory_share: 0.001 })).rejects.toEqual(refused(memoryShareSumMax, 0.751));
  });

  it('as many caches as may have a share, and no more; those that have one may change it', async () => {
    for (let i = 0; i < cachesWithShareMax; i++) await create(`c${i}`, { memory_share: 0.01 });
    const atLimit = refused(cachesWithShareMax, cachesWithShareMax);
    await expect(create('more', { memory_share: 0.01 })).rejects.toEqual(atLimit);
    await create('none');
    await expect(update('none', { memory_share: 0.01 })).rejects.toEqual(atLimit);
    expect((await update('c0', { memory_share: 0.02 })).answer.record.settings.memory_share).toBe(0.02);
    await update('c1', { memory_share: 0 });
    expect((await update('none', { memory_share: 0.01 })).answer.record.settings.memory_share).toBe(0.01);
  });

  it('update: a share may shrink while others hold too much, as after a lower limit', async () => {
    await create('a', { memory_share: 0.5 });
    const [kept] = control.state.registry.caches.filter(({ name }) => name === 'a');
    const caches = ['a', 'b'].map((name) => ({ ...kept!, name }));
    const state = { ...control.state, registry: { revision: 9, caches } };
    const { caches: changed } = control.registry.update(state, 'acme', 'a', { memory_share: 0.4 });
    expect(changed!.map(({ settings }) => settings.memory_share)).toEqual([0.4, 0.5]);
  });

  it('create: an existing cache with another share is refused as one with other settings', async () => {
    await create('a', { memory_share: 0.5 });
    await expect(create('a', { memory_share: 0.25 })).rejects.toMatchObject({ code: 'cache_settings_differ' });
    expect((await create('a', { memory_share: 0.5 })).answer.created).toBe(false);
  });
});

describe('idempotency of administrative calls', () => {
  const claimed = (key: string, fingerprint: string, name: string, account = 'acme') =>
    control.mutate({ account, idempotency: { key, fingerprint } }, (state) =>
      control.registry.create(state, account, name, {}),
    );

  it('the same key and fingerprint give the first answer, marked, without doing it again', async () => {
    const first = await claimed('k', 'f', 'a');
    await remove('a');
    const again = await claimed('k', 'f', 'a');
    expect(again).toMatchObject({ answer: first.answer, replayed: true });
    expect(control.state.registry.caches.some((cache) => cache.name === 'a')).toBe(false);
  });

  it('the same key with another fingerprint is refused and does nothing', async () => {
    await claimed('k', 'f', 'a');
    await expect(claimed('k', 'g', 'b')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(control.state.registry.caches.some((cache) => cache.name === 'b')).toBe(false);
  });

  it('keys belong to an account', async () => {
    await claimed('k', 'f', 'a');
    expect((await claimed('k', 'g', 'a', 'other')).replayed).toBe(false);
  });

  it('a refused call leaves no record: it may be tried again under its key', async () => {
    const call = { account: 'acme', idempotency: { key: 'k', fingerprint: 'f' } };
    const attempt = () => control.mutate(call, (state) => control.registry.flush(state, 'acme', 'a'));
    await expect(attempt()).rejects.toMatchObject({ code: 'cache_not_found' });
    await create('a');
    expect((await attempt()).replayed).toBe(false);
  });

  it('after the window a key is new again, and housekeeping removes the records', async () => {
    const { control: other, clock } = await openControl();
    const call = { account: 'acme', idempotency: { key: 'k', fingerprint: 'f' } };
    const attempt = () => other.mutate(call, (state) => other.registry.create(state, 'acme', 'a', {}));
    await attempt();
    expect(other.statistics().idempotency_records).toBe(1);
    clock.advance(limits.idempotencyWindowMs);
    expect((await attempt()).replayed).toBe(false);
    await other.tick();
    expect(other.statistics().idempotency_records).toBe(1);
    expect((await attempt()).replayed).toBe(true);
    clock.advance(limits.idempotencyWindowMs);
    await other.tick();
    expect(other.statistics().idempotency_records).toBe(0);
  });
});
