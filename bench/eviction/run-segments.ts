import type { SegcacheEngine } from '../../src/storage-node/engine/segcache.ts';
import type { RunCounts } from './objects/run-objects.ts';
import { evictionBench } from './policies.ts';
import type { Workload } from './workloads/workload.ts';

export interface SegmentRun extends RunCounts {
  /** Writes that the engine refused. */
  readonly refused: number;
  /** Items copied to survive the eviction of their segment, by miss. */
  readonly copiesPerMiss: number;
  /** All memory in use beside keys and values, in bytes by item: headers, table, ghost, dead and unwritten bytes. */
  readonly overheadBytes: number;
  /** The same without dead and unwritten bytes: what the item itself costs, as if segments had no ends. */
  readonly itemOverheadBytes: number;
  readonly segments: number;
  readonly itemsPerSegment: number;
}

const namespace = 1;

/** Runs a workload through the engine, with items of its sizes and its time as the clock. */
export function runSegments(workload: Workload, engine: SegcacheEngine): SegmentRun {
  const { maintainRequests, overheadSamples } = evictionBench;
  const reader = new Reader(workload, engine);
  const requests = workload.objects.length;
  const overheads = { all: 0, item: 0, samples: 0 };
  const sampleEvery = Math.max(1, Math.floor(requests / 2 / overheadSamples));
  for (let i = 0; i < requests; i++) {
    reader.request(i);
    if (i % maintainRequests === 0) engine.maintain(workload.atMs[i]!);
    if (i >= requests / 2 && (requests - 1 - i) % sampleEvery === 0) addOverhead(overheads, engine, workload.atMs[i]!);
  }
  const { segmentsTotal, segmentsFree, items, itemsMoved } = engine.statistics();
  return {
    requests,
    hits: reader.hits,
    misses: reader.misses,
    refused: reader.refused,
    copiesPerMiss: itemsMoved / reader.misses,
    overheadBytes: overheads.all / overheads.samples,
    itemOverheadBytes: overheads.item / overheads.samples,
    segments: segmentsTotal,
    itemsPerSegment: items / Math.max(1, segmentsTotal - segmentsFree),
  };
}

class Reader {
  readonly #workload: Workload;
  readonly #engine: SegcacheEngine;
  readonly #key = new Uint8Array(evictionBench.keyBytes);
  readonly #keyNumber = new DataView(this.#key.buffer);
  readonly #value: Uint8Array;
  hits = 0;
  misses = 0;
  refused = 0;

  constructor(workload: Workload, engine: SegcacheEngine) {
    this.#workload = workload;
    this.#engine = engine;
    let largest = 0;
    for (const bytes of workload.objectBytes) largest = Math.max(largest, bytes);
    this.#value = new Uint8Array(largest);
  }

  /** Reads the object of one request, and writes it if it is not there. */
  request(index: number): void {
    const { objects, atMs, objectBytes, ttlMs } = this.#workload;
    const { keyBytes, noTtlMs } = evictionBench;
    const object = objects[index]!;
    const nowMs = atMs[index]!;
    const key = this.#key;
    this.#keyNumber.setUint32(0, object);
    if (this.#engine.find(namespace, key, 0, keyBytes, nowMs, true)) {
      this.hits++;
      return;
    }
    this.misses++;
    const valueBytes = objectBytes[object]! - keyBytes;
    const expiresAtMs = nowMs + Math.min(noTtlMs, ttlMs?.[object] ?? noTtlMs);
    const engine = this.#engine;
    const outcome = engine.put(namespace, key, 0, keyBytes, this.#value, 0, valueBytes, 0, 1, expiresAtMs, nowMs);
    if (outcome !== 'stored') this.refused++;
  }
}

function addOverhead(to: { all: number; item: number; samples: number }, engine: SegcacheEngine, nowMs: number): void {
  let items = 0;
  let bytes = 0;
  engine.forEach(nowMs, ({ key, valueLength }) => {
    items++;
    bytes += key.length + valueLength;
  });
  if (items === 0) return;
  const counts = engine.statistics();
  to.all += (counts.memoryBytes - counts.freeBytes - bytes) / items;
  // Records that expired without being found so are among the live bytes; their share is taken off.
  const liveBytes = (counts.liveBytes * items) / counts.items;
  to.item += (liveBytes + counts.tableBytes + counts.ghostBytes - bytes) / items;
  to.samples++;
}
