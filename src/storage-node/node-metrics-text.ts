import type { Registry } from '../shared/fleet-state.ts';
import { operationKindOfCode } from '../shared/frame/layout.ts';
import { MetricsText } from '../shared/metrics-text.ts';
import { resultStatuses } from '../shared/operation.ts';
import type { ControlDuties } from './control-duties.ts';
import type { SegcacheEngine, SegcacheStatistics } from './engine/segcache.ts';
import type { NodeCore } from './node-core.ts';
import type { NodeMetrics } from './node-metrics.ts';
import type { ReplicationLinks } from './replication/links/replication-links.ts';
import { replicationMetrics } from './replication-metrics-text.ts';
import type { TopicTable } from './topics/topic-table.ts';

export interface NodeMetricsSources {
  readonly core: NodeCore<SegcacheEngine>;
  /** Absent in a node without peers. */
  readonly links?: Pick<ReplicationLinks, 'counters' | 'open' | 'unreadBytes'>;
  readonly duties?: ControlDuties['counts'];
  readonly registry: Registry;
}

/** The node's metrics in Prometheus' text format. Labels: caches of the registry, operations and statuses of fixed sets. */
export function nodeMetricsText(sources: NodeMetricsSources): string {
  const { core, registry } = sources;
  const { engine, slots, idempotency, topics } = core;
  const { metrics } = core.executor;
  const text = new MetricsText();
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
  text
    .family('godwit_node_idempotency_bytes', 'gauge', 'Memory of idempotency records of the slots it leads.')
    .sample({ use: 'held' }, idempotency.ledBytes)
    .sample({ use: 'limit' }, idempotency.bytesMax);
  ofTopics(text, topics);
  replicationMetrics(text, sources);
  ofEngine(text, engine.statistics());
  perCache(text, metrics, engine, registry);
  return text.toString();
}

function ofTopics(text: MetricsText, topics: TopicTable): void {
  text.family('godwit_node_topics', 'gauge', 'Topics held.').sample({}, topics.topics);
  text
    .family('godwit_node_topic_memory_bytes', 'gauge', 'Memory of topics and their logs, by use.')
    .sample({ use: 'held' }, topics.bytes)
    .sample({ use: 'limit' }, topics.bytesMax);
  text.family('godwit_node_topic_messages_total', 'counter', 'Messages published.').sample({}, topics.published);
  text
    .family('godwit_node_topic_message_bytes_total', 'counter', 'Bytes of messages published.')
    .sample({}, topics.publishedBytes);
  text
    .family('godwit_node_topic_messages_dropped_total', 'counter', 'Messages dropped before their time for memory.')
    .sample({}, topics.droppedEarly);
}

function ofEngine(text: MetricsText, engine: SegcacheStatistics): void {
  const memory = {
    live: engine.liveBytes,
    dead: engine.deadBytes,
    free: engine.freeBytes,
    table: engine.tableBytes,
    ghost: engine.ghostBytes,
    limit: engine.memoryBytes,
  };
  text.family('godwit_node_memory_bytes', 'gauge', 'Memory of the engine, by use.');
  for (const [use, bytes] of Object.entries(memory)) text.sample({ use }, bytes);
  text.family('godwit_node_segments', 'gauge', 'Segments, by state.');
  text
    .sample({ state: 'free' }, engine.segmentsFree)
    .sample({ state: 'used' }, engine.segmentsTotal - engine.segmentsFree);
  text.family('godwit_node_segments_reclaimed_total', 'counter', 'Segments reclaimed, by cause.');
  text.sample({ cause: 'expired' }, engine.segmentsExpired).sample({ cause: 'evicted' }, engine.segmentsEvicted);
  text.family('godwit_node_items', 'gauge', 'Items stored.').sample({}, engine.items);
  text
    .family('godwit_node_items_moved_total', 'counter', 'Items copied so that they outlived their segment.')
    .sample({}, engine.itemsMoved);
  text
    .family('godwit_node_evictions_total', 'counter', 'Items dropped for want of memory.')
    .sample({}, engine.evictions);
  text.family('godwit_node_expirations_total', 'counter', 'Items whose TTL ran out.').sample({}, engine.expirations);
  text.family('godwit_node_table_load', 'gauge', 'Items per slot of the hash table.').sample({}, engine.tableLoad);
}

function perCache(text: MetricsText, metrics: NodeMetrics, engine: SegcacheEngine, registry: Registry): void {
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
  each(
    'godwit_cache_early_expirations_total',
    'counter',
    'Items expired before their time; any is a defect.',
    (cache) => cache.engine.earlyExpirations,
  );
  each('godwit_cache_hits_total', 'counter', 'Reads that found an item.', (cache) => cache.reads.hits);
  each('godwit_cache_misses_total', 'counter', 'Reads that found none.', (cache) => cache.reads.misses);
}
