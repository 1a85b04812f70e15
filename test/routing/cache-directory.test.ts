import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../src/routing/cache-directory.ts';
import { account, testRegistry } from '../support/fleet-state.ts';

describe('cache directory', () => {
  it('a handle stays the same object while its cache exists, and follows the registry', () => {
    const directory = new CacheDirectory();
    directory.apply(testRegistry(1, { one: 1, two: 2 }));
    const one = directory.find(account, 'one')!;
    directory.apply(testRegistry(2, { one: 7, two: 2 }, { default_ttl_ms: 5 }));
    expect(directory.find(account, 'one')).toBe(one);
    expect(one).toMatchObject({ namespace: 7, settings: { default_ttl_ms: 5 } });
  });

  it('a deleted cache’s handle gets namespace 0, also when a cache of that name is made anew', () => {
    const directory = new CacheDirectory();
    directory.apply(testRegistry(1, { one: 1 }));
    const one = directory.find(account, 'one')!;
    directory.apply(testRegistry(2, {}));
    expect(one).toMatchObject({ namespace: 0, topicSpace: 0 });
    expect(directory.find(account, 'one')).toBeUndefined();
    directory.apply(testRegistry(3, { one: 9 }));
    expect(directory.find(account, 'one')!.namespace).toBe(9);
    expect(one).toMatchObject({ namespace: 0, topicSpace: 0 });
  });

  it('a flush gives a handle another namespace and leaves its topic space', () => {
    const directory = new CacheDirectory();
    directory.apply(testRegistry(1, { one: 1 }));
    const one = directory.find(account, 'one')!;
    const [record] = testRegistry(2, { one: 5 }).caches;
    directory.apply({ revision: 2, caches: [{ ...record!, topic_space: 1 }] });
    expect(one).toMatchObject({ namespace: 5, topicSpace: 1 });
  });

  it('the same revision or an older one changes nothing', () => {
    const directory = new CacheDirectory();
    directory.apply(testRegistry(2, { one: 1 }));
    for (const revision of [1, 2]) directory.apply(testRegistry(revision, {}));
    expect([directory.find(account, 'one')!.namespace, directory.revision]).toEqual([1, 2]);
  });

  it('names that JavaScript objects know are names like any other', () => {
    const directory = new CacheDirectory();
    directory.apply(testRegistry(1, { one: 1 }));
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(directory.find(account, name)).toBeUndefined();
      expect(directory.find(name, 'one')).toBeUndefined();
    }
  });

  it('caches of one name in two accounts are two', () => {
    const directory = new CacheDirectory();
    const [cache] = testRegistry(1, { one: 1 }).caches;
    directory.apply({ revision: 1, caches: [cache!, { ...cache!, account: 'other', namespace: 2 }] });
    const [mine, theirs] = [directory.find(account, 'one')!, directory.find('other', 'one')!];
    expect([mine.namespace, theirs.namespace]).toEqual([1, 2]);
    expect(mine.seed).not.toBe(theirs.seed);
  });
});
