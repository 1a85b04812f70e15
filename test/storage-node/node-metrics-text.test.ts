import { describe, expect, it } from 'vitest';
import { octetStream } from '../../src/shared/operation.ts';
import { nodeMetricsText } from '../../src/storage-node/node-metrics-text.ts';
import { target, testCache, testRegistry, utf8 } from '../support/fleet-state.ts';
import { TestStorage } from '../support/storage.ts';

describe('node metrics', () => {
  it('tells what was executed and what is stored, with labels of bounded sets, and no key or value', () => {
    const node = new TestStorage();
    const at = target(testCache(), 'secret-key');
    node.frame([
      { kind: 'set', ...at, value: utf8('secret-value'), contentType: octetStream, ttlMs: 1_000 },
      { kind: 'get', ...at },
      { kind: 'get', ...target(testCache(), 'other') },
    ]);
    const text = nodeMetricsText({
      metrics: node.executor.metrics,
      engine: node.engine,
      slots: node.slots,
      idempotency: node.idempotency,
      registry: testRegistry(1, { cache: 1 }),
    });
    for (const line of [
      'godwit_node_frames_total 1',
      'godwit_node_operations_total{operation="set",status="done"} 1',
      'godwit_node_operations_total{operation="get",status="missing"} 1',
      'godwit_node_slots 4096',
      'godwit_cache_items{account="main",cache="cache"} 1',
      'godwit_cache_hits_total{account="main",cache="cache"} 1',
      'godwit_cache_misses_total{account="main",cache="cache"} 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).not.toContain('secret');
    const families = text
      .split('\n')
      .filter((line) => line.startsWith('# TYPE'))
      .map((line) => line.split(' ')[2]);
    expect(new Set(families).size).toBe(families.length);
  });
});
