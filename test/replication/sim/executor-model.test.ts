import { describe, expect, it } from 'vitest';
import type { Operation, OperationResult } from '../../../src/shared/operation.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { NaiveEngine } from '../../storage-node/engine/naive-engine.ts';
import { Cluster } from '../../storage-node/replicated/cluster.ts';
import { target, testCache, utf8 } from '../../support/fleet-state.ts';
import type { KeyOperation } from '../checker/history.ts';
import { type Executed, executed } from './executor-model.ts';

const cache = testCache();
const at = target(cache, 'key');
const slot = slotOf(at.hash);
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

function realOperation(operation: KeyOperation): Operation {
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

describe('the model of the executor', () => {
  const cases = situations.flatMap((situation) => operations.map((operation) => ({ situation, operation })));
  it.each(cases)('$situation.name: $operation', ({ situation: { held, copied }, operation }) => {
    const cluster = newCluster().serve(...(copied === null ? ['a'] : ['a', 'b']));
    const { core } = cluster.node('a');
    if (held !== null || copied) cluster.run('a', realOperation({ kind: 'put', value: '5' }));
    if (held === null && copied) core.engine.remove(1, at.key, 0, at.key.length, cluster.clock.monotonicMs());
    expect(cluster.contents('a').get('key')?.value ?? null).toBe(held);
    const model = executed(operation, held, copied !== null);

    const next = core.replication.nextSequence(slot);
    const result = cluster.run('a', realOperation(operation));
    expect(toldBy(operation, result)).toEqual({
      ...(model.told !== undefined && { told: model.told }),
      ...(model.applied !== undefined && { applied: model.applied }),
    });
    expect(core.replication.nextSequence(slot) - next).toBe(model.leaves === undefined ? 0 : 1);
    const left = model.leaves === undefined ? held : model.leaves;
    expect(cluster.contents('a').get('key')?.value ?? null).toBe(left);
    if (copied === null) return;
    const leftAtCopy = model.leaves === undefined ? (copied ? '5' : null) : model.leaves;
    expect(cluster.contents('b').get('key')?.value ?? null).toBe(leftAtCopy);
  });

  it('an answer under an idempotency key is an entry only when there is a copy', () => {
    const mark = { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) };
    const failing: Operation = { ...realOperation(operations[6]!), idempotency: mark } as Operation;
    for (const copies of [['a'], ['a', 'b']]) {
      const cluster = newCluster().serve(...copies);
      const { replication } = cluster.node('a').core;
      const next = replication.nextSequence(slot);
      cluster.run('a', failing);
      expect(replication.nextSequence(slot) - next).toBe(copies.length - 1);
    }
  });
});
