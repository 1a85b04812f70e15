import { describe, expect, it } from 'vitest';
import { checkObjectPolicies, differenceAt, naiveCache } from '../../bench/eviction/naive/check.ts';
import { type ObjectPolicy, objectPolicies, runObjects } from '../../bench/eviction/objects/run-objects.ts';
import { Random } from '../../bench/eviction/random.ts';
import { synthetic, syntheticNames } from '../../bench/eviction/workloads/synthetic.ts';
import { multiplied, type Workload, WorkloadBuilder } from '../../bench/eviction/workloads/workload.ts';

const policies = Object.keys(objectPolicies) as ObjectPolicy[];
const seeds = Array.from({ length: 30 }, (_, i) => i + 1);
const objects = 60;

function charges(random: Random, unit: boolean): Float64Array {
  return Float64Array.from({ length: objects }, () => (unit ? 1 : 1 + random.below(random.below(4) === 0 ? 200 : 20)));
}

/** Popular objects are more likely; now and then a run of neighbours. */
function nextObject(random: Random, previous: number): number {
  if (random.below(5) === 0) return (previous + 1) % objects;
  return Math.floor(random.unit() ** 2 * objects);
}

describe.each(policies)('object-level %s', (policy) => {
  it.each([true, false])('hits and keeps what the naive one does, request by request (unit sizes: %s)', (unit) => {
    for (const seed of seeds) {
      const random = new Random(seed);
      const sizes = charges(random, unit);
      const capacityBytes = 1 + random.below(unit ? 40 : 400);
      const fast = objectPolicies[policy]({ capacityBytes, charges: sizes });
      const naive = naiveCache(policy, capacityBytes, (object) => sizes[object]!);
      let object = 0;
      for (let i = 0; i < 1_000; i++) {
        object = nextObject(random, object);
        const difference = differenceAt(fast, naive, object);
        if (difference !== undefined) expect.fail(`seed ${seed}, request ${i}: ${difference}`);
        if (fast.bytes > capacityBytes) expect.fail(`seed ${seed}, request ${i}: ${fast.bytes} bytes`);
        // what expiry does
        const gone = random.below(objects);
        if (random.below(20) > 0 || !fast.has(gone)) continue;
        fast.remove(gone);
        naive.remove(gone);
      }
    }
  });
});

it('object-level policies: agree with the naive ones on the beginning of every generated workload', () => {
  for (const name of syntheticNames) {
    const workload = synthetic(name, { objects: 600, requests: 1_500 }, 3);
    expect(checkObjectPolicies(workload, 0.1)).toBe(1_500 * policies.length);
  }
});

it('object-level policies: a difference from the naive one is told', () => {
  const sizes = new Float64Array(4).fill(1);
  const fast = objectPolicies.fifo({ capacityBytes: 2, charges: sizes });
  const naive = naiveCache('lru', 2, () => 1);
  const told = [0, 1, 0, 2, 0].map((object) => differenceAt(fast, naive, object));
  expect(told.some((difference) => difference !== undefined)).toBe(true);
});

describe('known outcomes', () => {
  const run = (policy: ObjectPolicy, capacityBytes: number, requests: readonly number[]) => {
    const cache = objectPolicies[policy]({ capacityBytes, charges: new Float64Array(40).fill(1) });
    return requests.map((object) => (cache.request(object) ? 'h' : '-')).join('');
  };

  it('lru keeps what was read, fifo does not', () => {
    expect(run('lru', 2, [0, 1, 0, 2, 0])).toBe('--h-h');
    expect(run('fifo', 2, [0, 1, 0, 2, 0])).toBe('--h--');
  });

  it('sieve: a visited object stays where it is and is spared once', () => {
    expect(run('sieve', 3, [0, 1, 2, 0, 3, 0, 1])).toBe('---h-h-');
  });

  it('s3-fifo: a scan does not push out what was used twice', () => {
    const hot = [0, 1, 2, 0, 1, 2, 0, 1, 2];
    const scan = Array.from({ length: 30 }, (_, i) => 5 + i);
    expect(run('s3-fifo', 10, [...hot, ...scan, 0, 1, 2]).slice(-3)).toBe('hhh');
    expect(run('lru', 10, [...hot, ...scan, 0, 1, 2]).slice(-3)).toBe('---');
  });

  it('s3-fifo: an object that comes back from the ghost survives the next scan', () => {
    const scan = (from: number) => Array.from({ length: 9 }, (_, i) => from + i);
    expect(run('s3-fifo', 10, [0, ...scan(1), 10, 0, ...scan(11), ...scan(20), 0]).at(-1)).toBe('h');
  });
});

describe('expiry', () => {
  function workload(requests: readonly (readonly [object: string, atMs: number])[]): Workload {
    const builder = new WorkloadBuilder();
    for (const [object, atMs] of requests) builder.add(object, 10, atMs, object === 'short' ? 1_500 : 60_000);
    return builder.build('test', 'test');
  }
  const options = { capacityBytes: 20, overheadBytes: 0, expiry: 'instant' as const };

  it('an object is a miss from the ms of its expiry on', () => {
    const load = workload([
      ['short', 0],
      ['short', 1_499],
      ['short', 1_500],
    ]);
    for (const policy of policies) expect(runObjects(load, policy, options).hits, policy).toBe(1);
  });

  it('instant expiry makes room that lazy expiry does not', () => {
    const load = workload([
      ['a', 0],
      ['short', 0],
      ['b', 5_000],
      ['a', 5_001],
    ]);
    expect(runObjects(load, 'lru', options).hits).toBe(1);
    expect(runObjects(load, 'lru', { ...options, expiry: 'lazy' }).hits).toBe(0);
  });
});

it('copies of a workload: miss as much in as many times the memory', () => {
  const one = synthetic('zipf-0.8', { objects: 2_000, requests: 20_000 }, 5);
  const four = multiplied(one, 4);
  expect(four.objects.length).toBe(one.objects.length * 4);
  expect(four.objectBytes.length).toBe(one.objectBytes.length * 4);
  const missed = (load: Workload, capacityBytes: number) => {
    const { misses, requests } = runObjects(load, 'lru', { capacityBytes, overheadBytes: 0, expiry: 'instant' });
    return misses / requests;
  };
  expect(Math.abs(missed(one, 40_000) - missed(four, 160_000))).toBeLessThan(0.01);
});
