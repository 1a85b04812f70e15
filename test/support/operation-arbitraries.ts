import fc from 'fast-check';
import { hopLimits, limits } from '../../src/shared/limits.ts';
import type {
  CacheHandle,
  Condition,
  IdempotencyMark,
  Operation,
  Version,
  VersionList,
} from '../../src/shared/operation.ts';
import { ttlModes, valueConditionKinds } from '../../src/shared/operation.ts';
import { target, testCache } from './fleet-state.ts';

export const int64Min = -(2n ** 63n);
export const int64Max = 2n ** 63n - 1n;

const u32 = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
);
export const versions: fc.Arbitrary<Version> = fc.record({
  dataEpoch: u32,
  sequence: fc.oneof(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1)),
});
const versionLists: fc.Arbitrary<VersionList> = fc.oneof(
  fc.constant('*' as const),
  fc.array(versions, { maxLength: 6 }),
);
const values = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 60_000, max: 70_000 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
  },
);
const contentTypes = fc.oneof(
  fc.constantFrom('application/octet-stream', 'text/plain', 'a'.repeat(255)),
  fc.string({
    minLength: 1,
    maxLength: 255,
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  }),
);
const ttls = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(1, limits.ttlMsMax));
const int64 = fc.oneof(fc.bigInt({ min: int64Min, max: int64Max }), fc.constantFrom(int64Min, -1n, 0n, 1n, int64Max));
const marks: fc.Arbitrary<IdempotencyMark> = fc.record({
  id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fingerprint: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

/** An object with each field that is there, and without those that are undefined. */
const partial = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<T>;

const conditions: fc.Arbitrary<Condition> = partial<Condition>({
  value: fc.record(
    { kind: fc.constantFrom(...valueConditionKinds), compare: values },
    { requiredKeys: ['kind'] },
  ) as fc.Arbitrary<NonNullable<Condition['value']>>,
  ifMatch: versionLists,
  ifNoneMatch: versionLists,
} as never);

/** Operations of every kind with every optional part, on keys of `cache`. */
export function operations(
  cache: CacheHandle = testCache(),
  keys = fc.uint8Array({ minLength: 1, maxLength: 64 }),
): fc.Arbitrary<Operation> {
  const at = keys.map((key) => target(cache, key));
  const mutation = fc
    .tuple(at, partial({ condition: conditions, idempotency: marks }))
    .map(([to, parts]) => ({ ...to, ...parts }));
  const kinds: fc.Arbitrary<object>[] = [
    fc.record({ kind: fc.constantFrom('get', 'describe'), to: at }),
    fc.record({
      kind: fc.constantFrom('set', 'swap'),
      to: mutation,
      value: values,
      contentType: contentTypes,
      ttlMs: ttls,
    }),
    fc.record({ kind: fc.constantFrom('delete', 'take'), to: mutation }),
    fc.record(
      {
        kind: fc.constant('increment'),
        to: mutation,
        amount: int64,
        min: int64,
        max: int64,
        ttlMs: ttls,
        ttlOnCreateOnly: fc.boolean(),
      },
      { requiredKeys: ['kind', 'to', 'amount', 'ttlMs', 'ttlOnCreateOnly'] },
    ),
    fc.record({ kind: fc.constant('ttl'), to: mutation, mode: fc.constantFrom(...ttlModes), ttlMs: ttls }),
    fc.record({ kind: fc.constant('claim'), to: at, idempotency: marks }),
    fc.record({
      kind: fc.constant('publish'),
      to: fc.tuple(at, partial({ idempotency: marks })).map(([to, parts]) => ({ ...to, ...parts })),
      value: values,
      text: fc.boolean(),
      tokenId: fc.string({ maxLength: 64, unit: 'binary' }),
    }),
    fc.record({ kind: fc.constant('topic'), to: at }),
    fc.record({
      kind: fc.constant('topics'),
      to: at,
      after: fc.uint8Array({ maxLength: 64 }),
      limit: fc.integer({ min: 0, max: hopLimits.topicReportsMax }),
    }),
  ];
  return fc.oneof(...kinds).map((operation) => {
    const { to, ...fields } = operation as { to: object };
    return { ...fields, ...to } as Operation;
  });
}

/** A seeded source of numbers in [0, 1) (mulberry32), for long runs that fast-check would be slow at. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
