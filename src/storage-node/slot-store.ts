import type { Clock } from '../shared/clock.ts';
import type { CacheRecord } from '../shared/fleet-state.ts';
import { type ContentTypes, inlineRef } from './content-types.ts';
import { copyBytes } from './engine/copy-bytes.ts';
import type { StorageEngine } from './engine/storage-engine.ts';
import type { IdempotencyTable } from './idempotency-table.ts';
import { ItemSlots } from './item-slots.ts';
import { effectIdentity, encodeEffect, noEffect, type PutEffect, readEffect } from './replication/effect.ts';
import type { SlotReading, SlotStore } from './replication/environment.ts';
import type { CopiedPart, Entry } from './replication/messages.ts';
import type { SlotLives } from './slot-lives.ts';
import { SlotReadings } from './slot-readings.ts';
import { SlotSweeper } from './slot-sweeper.ts';
import type { TopicTable } from './topics/topic-table.ts';

interface SlotStoreParts {
  readonly engine: StorageEngine;
  readonly lives: SlotLives;
  readonly idempotency: IdempotencyTable;
  readonly topics: () => TopicTable;
  readonly contentTypes: ContentTypes;
  readonly clock: Clock;
  /** Called when copies bring items of a cache that the registry does not name yet. */
  readonly onAhead: () => void;
}

/**
 * What a node holds of its slots, for replication: items in the engine, answers to marked writes, topics. Items and
 * answers are applied as they come, topics' messages when they are committed (`TopicTable`).
 *
 * Memory is each node's own affair: an item for which a copy has no room is not there, as if it had been evicted, which
 * `notStored` counts. An item of a cache that does not evict is not dropped so: it is not taken, and the copy has to go.
 */
export class EngineSlotStore implements SlotStore {
  readonly slots = new ItemSlots();
  readonly readings: SlotReadings;
  readonly sweeper: SlotSweeper;
  /** Items of primaries that there was no room for here. */
  notStored = 0;
  readonly #parts: SlotStoreParts;
  /** Namespaces of caches that do not evict. */
  #pinned: ReadonlySet<number> = new Set();

  constructor(parts: SlotStoreParts) {
    this.#parts = parts;
    const { engine, lives } = parts;
    this.sweeper = new SlotSweeper(engine, lives, this.slots);
    this.readings = new SlotReadings({ ...parts, slots: this.slots, rest: (slot) => this.#rest(slot) });
  }

  /** Takes over the caches that there are. */
  applyRegistry(caches: readonly CacheRecord[]): void {
    const pinned = caches.filter(({ settings }) => settings.eviction === 'none');
    this.#pinned = new Set(pinned.map(({ namespace }) => namespace));
    for (const namespace of this.slots.applyRegistry(caches)) this.#parts.engine.dropNamespace(namespace);
  }

  /** Takes note that these namespaces are gone, which came with copies and which no registry will name. */
  settleGone(namespaces: readonly number[]): void {
    for (const namespace of this.slots.settleGone(namespaces)) this.#parts.engine.dropNamespace(namespace);
  }

  wipe(slot: number): void {
    const { lives, idempotency, topics, clock } = this.#parts;
    if (!lives.wipe(slot)) {
      // Its numbers are used up: 255 moves faster than the sweep. It must be able to tell the slot of every item.
      this.settleGone(this.slots.ahead());
      this.sweeper.finish(clock.monotonicMs());
      lives.wipe(slot);
    }
    topics().wipe(slot);
    idempotency.wipe(slot);
  }

  apply(slot: number, { sequence, payload }: Entry): boolean {
    const { engine, idempotency, topics, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const { effect, record } = readEffect(payload);
    switch (effect.kind) {
      case 'put':
        if (!this.#put(slot, sequence, effect, nowMs)) return false;
        break;
      case 'remove':
        engine.remove(effect.namespace, effect.keyBytes, effect.keyStart, effect.keyLength, nowMs);
        break;
      case 'publish':
      case 'forget':
        topics().apply(slot, sequence, effect);
        break;
      case 'none':
      case 'topic':
      case 'pages':
        break;
    }
    if (record !== null) idempotency.restore(slot, record, nowMs);
    return true;
  }

  applyCopied(slot: number, { sequence, payload }: CopiedPart): boolean {
    const { idempotency, topics, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const { effect, record } = readEffect(payload);
    if (effect.kind === 'put') {
      if (!this.#put(slot, sequence, effect, nowMs)) return false;
    } else if (effect.kind === 'topic') topics().copies.merge(slot, effect, nowMs);
    else if (effect.kind === 'pages') topics().copies.raisePages(slot, effect.pagesGiven);
    if (record !== null) idempotency.restore(slot, record, nowMs);
    return true;
  }

  /** False when there is no room, and the item must not be dropped: then all is as it was. */
  #put(slot: number, sequence: number, effect: PutEffect, nowMs: number): boolean {
    const { engine, lives, contentTypes, onAhead } = this.#parts;
    const { namespace, keyBytes, keyStart, keyLength, contentType, ttlMs } = effect;
    const known = this.slots.knows(namespace);
    if (known === 'no') return true;
    if (known === 'unknown' && this.slots.cameAhead(namespace)) onAhead();
    const ref = contentTypes.refOfText(contentType);
    const { valueBytes, valueStart, valueLength } = ref === inlineRef ? withInlineType(effect) : effect;
    const outcome = engine.put(
      namespace,
      keyBytes,
      keyStart,
      keyLength,
      valueBytes,
      valueStart,
      valueLength,
      ref,
      lives.stored(slot, sequence),
      nowMs + ttlMs,
      nowMs,
    );
    if (outcome === 'stored') return true;
    if (outcome === 'full' && this.#pinned.has(namespace)) return false;
    engine.remove(namespace, keyBytes, keyStart, keyLength, nowMs);
    this.notStored++;
    return true;
  }

  identityOf(payload: Uint8Array): string | null {
    return effectIdentity(payload);
  }

  read(slot: number): SlotReading {
    return this.readings.read(slot);
  }

  *#rest(slot: number): Generator<CopiedPart> {
    const { idempotency, topics, clock } = this.#parts;
    const nowMs = () => clock.monotonicMs();
    for (const record of idempotency.recordsOf(slot, nowMs)) yield merged(encodeEffect(noEffect, record));
    for (const part of topics().copies.parts(slot, nowMs)) yield merged(encodeEffect(part, null));
  }
}

/** A part that is merged with what is there, whatever is newer. */
function merged(payload: Uint8Array): CopiedPart {
  return { sequence: 0, payload };
}

/** The value as it is stored when the table of content types is full (`content-types.ts`). */
function withInlineType({ contentType, valueBytes, valueStart, valueLength }: PutEffect): PutValue {
  const head = 1 + contentType.length;
  const stored = Buffer.allocUnsafe(head + valueLength);
  stored[0] = contentType.length;
  stored.write(contentType, 1, 'latin1');
  copyBytes(valueBytes, valueStart, stored, head, valueLength);
  return { valueBytes: stored, valueStart: 0, valueLength: stored.length };
}
type PutValue = Pick<PutEffect, 'valueBytes' | 'valueStart' | 'valueLength'>;
