import { describe, expect, it } from 'vitest';
import { type Operation, octetStream } from '../../src/shared/operation.ts';
import { createSegcache, type SegcacheEngine } from '../../src/storage-node/engine/segcache.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';
import type { NodeCore } from '../../src/storage-node/node-core.ts';
import { nodeMetricsText } from '../../src/storage-node/node-metrics-text.ts';
import { target, testCache, testRegistry, utf8 } from '../support/fleet-state.ts';
import { TestStorage } from '../support/storage.ts';

const mib = 1024 * 1024;

function segcacheNode() {
  const engine = createSegcache({ memoryBytes: 16 * mib, hashSeed: 1 });
  const node = new TestStorage({ engine });
  const core = node.core as NodeCore<SegcacheEngine>;
  const text = () => nodeMetricsText({ core, registry: testRegistry(1, { cache: 1 }) });
  return { engine, node, text };
}

/** The value of the sample that begins so. */
function sampleOf(text: string, sample: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  expect(line, sample).toBeDefined();
  return Number(line!.slice(sample.length + 1));
}

describe('node metrics', () => {
  it('tells what idempotency records take, and their bound', () => {
    const { node, text } = segcacheNode();
    const of = (use: string) => sampleOf(text(), `godwit_node_idempotency_bytes{use="${use}"}`);
    expect(of('held')).toBe(0);
    const idempotency = { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16) };
    const at = target(testCache(), 'key');
    node.frame([{ kind: 'set', ...at, value: utf8('value'), contentType: octetStream, ttlMs: 1_000, idempotency }]);
    expect(of('held')).toBeGreaterThan(nodeLimits.idempotencyRecordBytes);
    expect(of('held')).toBeLessThan(of('limit'));
  });

  it('tells what was executed and what is stored, with labels of bounded sets, and no key or value', () => {
    const { node, text: metricsText } = segcacheNode();
    const at = target(testCache(), 'secret-key');
    node.frame([
      { kind: 'set', ...at, value: utf8('secret-value'), contentType: octetStream, ttlMs: 1_000 },
      { kind: 'get', ...at },
      { kind: 'get', ...target(testCache(), 'other') },
    ]);
    const text = metricsText();
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

  it('tells what the memory is used for, and the uses fit in it', () => {
    const { node, text } = segcacheNode();
    const set = (key: string): Operation => ({
      kind: 'set',
      ...target(testCache(), key),
      value: new Uint8Array(1_000),
      contentType: octetStream,
      ttlMs: 60_000,
    });
    node.frame(Array.from({ length: 100 }, (_, index) => set(`key-${index}`)));
    const bytes = (use: string) => sampleOf(text(), `godwit_node_memory_bytes{use="${use}"}`);
    expect(bytes('limit')).toBe(16 * mib);
    expect(bytes('live')).toBeGreaterThan(100 * 1_000);
    for (const use of ['dead', 'free', 'table', 'ghost']) expect(bytes(use), use).toBeGreaterThan(0);
    const used = ['live', 'dead', 'free', 'table', 'ghost'].reduce((sum, use) => sum + bytes(use), 0);
    expect(used).toBeLessThanOrEqual(bytes('limit'));
    expect(sampleOf(text(), 'godwit_node_items')).toBe(100);
    expect(sampleOf(text(), 'godwit_node_table_load')).toBeGreaterThan(0);
  });

  it('counts evictions, items moved and expirations, and no expiration before its time', () => {
    const { engine, node, text } = segcacheNode();
    const value = new Uint8Array(4_000);
    const store = (count: number, name: string, ttlMs: number) => {
      for (let index = 0; index < count; index++) {
        const at = target(testCache(), `${name}-${index}`);
        node.run({ kind: 'set', ...at, value, contentType: octetStream, ttlMs });
        // Read, so that it outlives its segment.
        if (index % 20 === 0)
          node.frame([
            { kind: 'get', ...at },
            { kind: 'get', ...at },
          ]);
      }
    };
    store(8_000, 'long', 3_600_000);
    store(100, 'short', 1_000);
    node.clock.advance(2_000);
    for (let rounds = 0; rounds < 1_000 && engine.maintain(node.clock.monotonicMs()); rounds++);
    const after = text();
    const cacheLabels = '{account="main",cache="cache"}';
    const ofNode = (family: string) => sampleOf(after, `godwit_node_${family}`);
    expect(ofNode('evictions_total')).toBeGreaterThan(1_000);
    expect(ofNode('items_moved_total')).toBeGreaterThan(0);
    expect(ofNode('segments_reclaimed_total{cause="evicted"}')).toBeGreaterThan(0);
    expect(ofNode('expirations_total')).toBe(100);
    expect(sampleOf(after, `godwit_cache_evictions_total${cacheLabels}`)).toBe(ofNode('evictions_total'));
    expect(sampleOf(after, `godwit_cache_expirations_total${cacheLabels}`)).toBe(100);
    expect(sampleOf(after, `godwit_cache_early_expirations_total${cacheLabels}`)).toBe(0);
    expect(ofNode('items')).toBe(8_100 - 100 - ofNode('evictions_total'));
  });
});
