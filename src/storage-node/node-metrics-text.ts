import type { Registry } from '../shared/fleet-state.ts';
import { operationKindOfCode } from '../shared/frame/layout.ts';
import { MetricsText } from '../shared/metrics-text.ts';
import { resultStatuses } from '../shared/operation.ts';
import type { StorageEngine } from './engine/storage-engine.ts';
import type { IdempotencyTable } from './idempotency-table.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { SlotTable } from './slot-table.ts';

interface NodeMetricsSources {
  readonly metrics: NodeMetrics;
  readonly engine: StorageEngine;
  readonly slots: SlotTable;
  readonly idempotency: IdempotencyTable;
  readonly registry: Registry;
}

/** The node's metrics in Prometheus' text format. Labels: caches of the registry, operations and statuses of fixed sets. */
export function nodeMetricsText({ metrics, engine, slots, idempotency, registry }: NodeMetricsSources): string {
  const text = new MetricsText();
  const engineNow = engine.statistics();
  text.family('godwit_node_frames_total', 'counter', 'Frames executed.').sample({}, metrics.frames);
  text
    .family('godwit_node_frames_refused_total', 'counter', 'Frames that were broken.')
    .sample({}, metrics.framesRefused);
  text
    .family('godwit_node_service_seconds_total', 'counter', 'Time spent executing frames, in seconds.')
    .sample({}, metrics.serviceMicros / 1e6);
  text.family('godwit_node_operations_total', 'counter', 'Operations executed, by kind and outcome.');
  metrics.operations.forEach((count, index) => {
    const kind = operationKindOfCode[Math.floor(index / resultStatuses.length)];
    if (count > 0 && kind)
      text.sample({ operation: kind, status: resultStatuses[index % resultStatuses.length]! }, count);
  });
  text.family('godwit_node_slots', 'gauge', 'Slots this node is primary of.').sample({}, slots.slotsServed());
  text.family('godwit_node_idempotency_records', 'gauge', 'Idempotency records kept.').sample({}, idempotency.size);
  text.family('godwit_node_memory_bytes', 'gauge', 'Memory of the engine, by use.');
  text.sample({ use: 'live' }, engineNow.liveBytes).sample({ use: 'dead' }, engineNow.deadBytes);
  text.sample({ use: 'free' }, engineNow.freeBytes).sample({ use: 'limit' }, engineNow.memoryBytes);
  text.family('godwit_node_segments', 'gauge', 'Segments, by state.');
  text
    .sample({ state: 'free' }, engineNow.segmentsFree)
    .sample({ state: 'used' }, engineNow.segmentsTotal - engineNow.segmentsFree);
  text.family('godwit_node_segments_reclaimed_total', 'counter', 'Segments reclaimed, by cause.');
  text.sample({ cause: 'expired' }, engineNow.segmentsExpired).sample({ cause: 'evicted' }, engineNow.segmentsEvicted);
  text.family('godwit_node_table_load', 'gauge', 'Items per slot of the hash table.').sample({}, engineNow.tableLoad);
  perCache(text, metrics, engine, registry);
  return text.toString();
}

function perCache(text: MetricsText, metrics: NodeMetrics, engine: StorageEngine, registry: Registry): void {
  const caches = registry.caches.slice(0, MetricsText.labelledCachesMax).map((cache) => ({
    labels: { account: cache.account, cache: cache.name },
    engine: engine.namespaceStatistics(cache.namespace),
    reads: metrics.reads.get(cache.namespace) ?? { hits: 0, misses: 0 },
  }));
  const each = (
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    value: (cache: (typeof caches)[number]) => number,
  ) => {
    text.family(name, type, help);
    for (const cache of caches) text.sample(cache.labels, value(cache));
  };
  each('godwit_cache_items', 'gauge', 'Items in the cache.', (cache) => cache.engine.items);
  each('godwit_cache_bytes', 'gauge', 'Bytes of the items, headers included.', (cache) => cache.engine.bytes);
  each(
    'godwit_cache_evictions_total',
    'counter',
    'Items dropped for want of memory.',
    (cache) => cache.engine.evictions,
  );
  each('godwit_cache_expirations_total', 'counter', 'Items whose TTL ran out.', (cache) => cache.engine.expirations);
  each('godwit_cache_hits_total', 'counter', 'Reads that found an item.', (cache) => cache.reads.hits);
  each('godwit_cache_misses_total', 'counter', 'Reads that found none.', (cache) => cache.reads.misses);
}
