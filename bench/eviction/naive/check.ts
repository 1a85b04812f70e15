import type { ObjectCache } from '../objects/object-cache.ts';
import { type ObjectPolicy, objectPolicies } from '../objects/run-objects.ts';
import type { Workload } from '../workloads/workload.ts';
import { type NaiveCache, NaiveQueue, NaiveS3Fifo, NaiveSieve } from './naive-caches.ts';

/** Requests of a workload that are gone through; each costs the naive policies a walk over everything cached. */
const requestsMax = 4_000;

export function naiveCache(policy: ObjectPolicy, capacity: number, size: (object: number) => number): NaiveCache {
  if (policy === 'sieve') return new NaiveSieve(capacity, size);
  if (policy === 's3-fifo') return new NaiveS3Fifo(capacity, size);
  return new NaiveQueue(capacity, size, policy === 'lru');
}

/**
 * Runs the beginning of a workload through every object-level policy and its naive counterpart, with a capacity
 * of `share` of its bytes. Returns how many requests were compared; throws on the first that differs.
 */
export function checkObjectPolicies(workload: Workload, share: number): number {
  const requests = workload.objects.subarray(0, requestsMax);
  const { objectBytes } = workload;
  let bytes = 0;
  for (const object of new Set(requests)) bytes += objectBytes[object]!;
  const capacityBytes = Math.ceil(bytes * share);
  const policies = Object.keys(objectPolicies) as ObjectPolicy[];
  for (const policy of policies) {
    const fast = objectPolicies[policy]({ capacityBytes, charges: objectBytes });
    const naive = naiveCache(policy, capacityBytes, (object) => objectBytes[object]!);
    requests.forEach((object, i) => {
      const difference = differenceAt(fast, naive, object);
      if (difference !== undefined) throw new Error(`${workload.name}, ${policy}, request ${i}: ${difference}`);
    });
  }
  return requests.length * policies.length;
}

/** Gives both one request; says how they differ, if they do. */
export function differenceAt(fast: ObjectCache, naive: NaiveCache, object: number): string | undefined {
  const hits = [fast.request(object), naive.request(object)];
  if (hits[0] !== hits[1]) return `object ${object} is a ${hits[0] ? 'hit' : 'miss'} against a naive ${hits[1]}`;
  const contents = naive.contents();
  if (fast.items !== contents.length) return `${fast.items} objects are in against ${contents.length}`;
  const missing = contents.find((other) => !fast.has(other));
  return missing === undefined ? undefined : `object ${missing} is not in`;
}
