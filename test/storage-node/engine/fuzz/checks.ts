/** What must hold of a whole engine, beside its own `checkIntegrity`. */
import type { SegcacheEngine } from '../../../../src/storage-node/engine/segcache.ts';
import { keyNumber, pattern } from './key-space.ts';
import type { Model } from './model.ts';

/** Whether the engine keeps a namespace's share for it; the check of shares rests until it does. */
export const sharesAreKept = true;

/** Every byte of the segments is live, dead, free or the table's. */
export function checkConservation(engine: SegcacheEngine, capacityBytes: number): void {
  const { liveBytes, deadBytes, freeBytes, tableBytes } = engine.statistics();
  const sum = liveBytes + deadBytes + freeBytes + tableBytes;
  if (sum !== capacityBytes || liveBytes < 0 || deadBytes < 0 || freeBytes < 0 || tableBytes < 0)
    throw new Error(
      `live ${liveBytes} + dead ${deadBytes} + free ${freeBytes} + table ${tableBytes} is not ${capacityBytes}`,
    );
}

/**
 * The namespaces' counts sum up to the engine's, each item is there, evicted or expired, and what may not be
 * evicted was not.
 */
export function checkNamespaces(engine: SegcacheEngine, model: Model): void {
  let items = 0;
  let bytes = 0;
  for (const [namespace, { evictable, evictedBefore, balance, mayLose }] of model.namespaces) {
    const counts = engine.namespaceStatistics(namespace);
    const { evictions, expirations } = counts;
    if (counts.items + evictions + expirations !== balance)
      throw new Error(`namespace ${namespace}: ${balance} items are not ${JSON.stringify({ ...counts })}`);
    items += counts.items;
    bytes += counts.bytes;
    if (counts.earlyExpirations > 0) throw new Error(`namespace ${namespace}: an item expired before its time`);
    if (!evictable && !mayLose && counts.evictions !== evictedBefore)
      throw new Error(`namespace ${namespace}: evictions although it does not evict`);
  }
  const all = engine.statistics();
  if (items !== all.items || bytes !== all.liveBytes)
    throw new Error(`namespaces hold ${items} items of ${bytes} bytes, the engine ${all.items} of ${all.liveBytes}`);
}

/** Every live item of the engine is the model's, and what the model has more was evicted. */
export function checkContents(engine: SegcacheEngine, model: Model, nowMs: number, ample: boolean): void {
  const visited = new Map<number, number>();
  engine.forEach(nowMs, (visit) => {
    const { namespace } = visit;
    const key = keyNumber(visit.key);
    const item = key === undefined ? undefined : model.of(namespace).live(key, nowMs);
    if (item === undefined) throw new Error(`an item too many in namespace ${namespace}`);
    const { length, from, flags, sequence, expiresAtMs } = item;
    const { valueLength } = visit;
    const same = valueLength === length && visit.flags === flags && visit.sequence === sequence;
    if (
      !same ||
      visit.expiresAtMs !== expiresAtMs ||
      Buffer.compare(visit.value(), pattern.subarray(from, from + length))
    )
      throw new Error(`another item visited than put in namespace ${namespace}`);
    visited.set(namespace, (visited.get(namespace) ?? 0) + 1);
  });
  for (const [namespace, { items, missing }] of model.namespaces) {
    let live = 0;
    for (const { expiresAtMs } of items.values()) if (nowMs < expiresAtMs) live++;
    const gone = live - (visited.get(namespace) ?? 0);
    const evicted = ample ? 0 : engine.namespaceStatistics(namespace).evictions;
    if (gone < 0) throw new Error(`namespace ${namespace}: an item visited twice`);
    if (gone + missing > evicted)
      throw new Error(`namespace ${namespace}: ${gone + missing} items missing, ${evicted} evicted`);
  }
}

/** After everything has expired and was swept. */
export function expectNothingLeft(engine: SegcacheEngine): void {
  const { items, liveBytes, deadBytes, freeBytes, tableBytes } = engine.statistics();
  if (items !== 0 || liveBytes !== 0 || deadBytes !== 0)
    throw new Error(
      `memory is not free again: ${JSON.stringify({ items, liveBytes, deadBytes, freeBytes, tableBytes })}`,
    );
}

/**
 * A share is of memory, dead bytes and open segments included, of which only the live bytes are told: with less
 * than this part of its share live a namespace is surely below it.
 */
const surelyBelow = 0.5;

interface Held {
  bytes: number;
  evictions: number;
}

/** Watches that no namespace loses an item to a put while it is below its share and others are above theirs. */
export class ShareCheck {
  readonly #engine: SegcacheEngine;
  readonly #model: Model;
  readonly #capacityBytes: number;
  /** Eviction works by segments. */
  readonly #slackBytes: number;
  readonly #held = new Map<number, Held>();

  constructor(engine: SegcacheEngine, model: Model, capacityBytes: number, segmentSizeBytes: number) {
    this.#engine = engine;
    this.#model = model;
    this.#capacityBytes = capacityBytes;
    this.#slackBytes = 2 * segmentSizeBytes;
  }

  /** A namespace was declared or dropped. */
  declared(namespace: number): void {
    if ((this.#model.namespaces.get(namespace)?.share ?? 0) > 0) this.#held.set(namespace, { bytes: 0, evictions: 0 });
    else this.#held.delete(namespace);
  }

  before(): void {
    if (!sharesAreKept) return;
    for (const [namespace, held] of this.#held) {
      const { bytes, evictions } = this.#engine.namespaceStatistics(namespace);
      held.bytes = bytes;
      held.evictions = evictions;
    }
  }

  after(): void {
    if (!sharesAreKept) return;
    for (const [namespace, held] of this.#held) {
      if (this.#engine.namespaceStatistics(namespace).evictions === held.evictions) continue;
      const shareBytes = this.#model.of(namespace).share * (this.#capacityBytes - this.#engine.statistics().tableBytes);
      if (held.bytes < surelyBelow * shareBytes - this.#slackBytes && this.#othersAbove(namespace))
        throw new Error(`namespace ${namespace}: evicted at ${held.bytes} bytes, below its share of ${shareBytes}`);
    }
  }

  /** Whether an evictable namespace besides this one holds more than its share, by a clear margin. */
  #othersAbove(except: number): boolean {
    for (const [namespace, { evictable, share }] of this.#model.namespaces) {
      if (namespace === except || !evictable) continue;
      const { bytes } = this.#engine.namespaceStatistics(namespace);
      if (bytes > share * this.#capacityBytes + this.#slackBytes) return true;
    }
    return false;
  }
}
