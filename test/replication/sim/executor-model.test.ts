import { beforeAll, describe, expect, it } from 'vitest';
import type { Operation, OperationResult } from '../../../src/shared/operation.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { NaiveEngine } from '../../storage-node/engine/naive-engine.ts';
import { Cluster } from '../../storage-node/replicated/cluster.ts';
import { target, testCache, utf8 } from '../../support/fleet-state.ts';
import type { KeyOperation } from '../checker/history.ts';
import { type Executed, executed } from './executor-model.ts';

const cache = testCache();
const newCluster = () => new Cluster(['a', 'b'], {}, () => new NaiveEngine({ memoryBytes: 1024 * 1024 }));

const operations: readonly KeyOperation[] = [
  { kind: 'get' },
  { kind: 'put', value: '7' },
  { kind: 'delete' },
  { kind: 'increment', amount: 2 },
  { kind: 'put_if_absent', value: '7' },
  { kind: 'compare_and_put', expected: '5', value: '7' },
  { kind: 'compare_and_put', expected: '6', value: '7' },
  { kind: 'compare_and_put', expected: null, value: '7' },
];

/** What the key holds at the primary, at the copy (null: there is none), and what became of them. */
const situations = [
  { name: 'the item is on both nodes', held: '5', copied: true },
  { name: 'the primary has evicted the item', held: null, copied: true },
  { name: 'there is no item', held: null, copied: false },
  { name: 'the item is on the only node', held: '5', copied: null },
  { name: 'there is no item, and no copy', held: null, copied: null },
] as const;

function realOperation(operation: KeyOperation, key = 'key'): Operation {
  const at = target(cache, key);
  const stored = { ...at, contentType: 'text/plain', ttlMs: 60_000 };
  const set = (value: string) => ({ kind: 'set', ...stored, value: utf8(value) }) as const;
  switch (operation.kind) {
    case 'get':
    case 'delete':
      return { kind: operation.kind, ...at };
    case 'put':
      return set(operation.value);
    case 'increment':
      return { kind: 'increment', ...at, amount: BigInt(operation.amount), ttlMs: 60_000, ttlOnCreateOnly: false };
    case 'put_if_absent':
      return { ...set(operation.value), condition: { value: { kind: 'absent' } } };
    case 'compare_and_put': {
      const { expected } = operation;
      const equal = { kind: 'equal', compare: utf8(expected ?? '') } as const;
      return { ...set(operation.value), condition: { value: expected === null ? { kind: 'absent' } : equal } };
    }
  }
}

/** The real answer in the words of the model. */
function toldBy(operation: KeyOperation, { status, item, existed }: OperationResult): Omit<Executed, 'leaves'> {
  const value = item === null ? null : Buffer.from(item.value).toString();
  switch (operation.kind) {
    case 'get':
    case 'increment':
      return { told: value };
    case 'put':
      return {};
    case 'delete':
      return { applied: existed };
    case 'put_if_absent':
    case 'compare_and_put':
      return { applied: status === 'done' };
  }
}

describe.each(situations)('the model of the executor: $name', ({ held, copied }) => {
  const cluster = newCluster();
  beforeAll(() => void cluster.serve(...(copied === null ? ['a'] : ['a', 'b'])));

  it.each(operations.map((operation, index) => ({ operation, key: `key ${index}` })))('$operation', (each) => {
    const { operation, key } = each;
    const at = target(cache, key);
    const slot = slotOf(at.hash);
    const { core } = cluster.node('a');
    const heldBy = (id: string) => cluster.contents(id).get(key)?.value ?? null;
    if (held !== null || copied) cluster.run('a', realOperation({ kind: 'put', value: '5' }, key));
    if (held === null && copied) core.engine.remove(1, at.key, 0, at.key.length, cluster.clock.monotonicMs());
    expect(heldBy('a')).toBe(held);
    const model = executed(operation, held, copied !== null);

    const next = core.replication.nextSequence(slot);
    const result = cluster.run('a', realOperation(operation, key));
    const { leaves, ...told } = model;
    expect(toldBy(operation, result)).toEqual(told);
    expect(core.replication.nextSequence(slot) - next).toBe(leaves === undefined ? 0 : 1);
    expect(heldBy('a')).toBe(leaves === undefined ? held : leaves);
    if (copied !== null) expect(heldBy('b')).toBe(leaves !== undefined ? leaves : copied ? '5' : null);
  });
});

describe('the model of the executor', () => {
  it('an answer under an idempotency key is an entry only when there is a copy', () => {
    const mark = { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) };
    const failing: Operation = { ...realOperation(operations[6]!), idempotency: mark } as Operation;
    for (const copies of [['a'], ['a', 'b']]) {
      const cluster = newCluster().serve(...copies);
      const { replication } = cluster.node('a').core;
      const slot = slotOf(target(cache, 'key').hash);
      const next = replication.nextSequence(slot);
      cluster.run('a', failing);
      expect(replication.nextSequence(slot) - next).toBe(copies.length - 1);
    }
  });
});
