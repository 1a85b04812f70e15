/** What a simulated node keeps of its slots: a map for each, in place of the engine. */
import type { SlotReading, SlotStore } from '../../../src/storage-node/replication/environment.ts';
import type { CopiedPart, Entry } from '../../../src/storage-node/replication/messages.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { Outcome } from '../checker/history.ts';
import { NotedLifetimes } from '../checker/lifetimes.ts';

/** How fast the clocks of nodes run, at the slowest and at the fastest, as parts of true time. */
export const clockRateMin = 0.97;
export const clockRateMax = 1.03;

/** The result of an operation: what a key holds from now on (null: nothing; absent: as before), and its record. */
export interface Effect {
  readonly key: string;
  readonly value?: string | null;
  readonly expiry?: Expiry;
  readonly mark?: Mark;
}

/** How long a value lasts, counted from when that was told. Absent: it lasts. */
export interface Expiry {
  /** By whatever clock reads it. */
  readonly ttlMs: number;
  /** For the checks alone, in true time: when it was told, and the end that it must have if it takes no time to arrive. */
  readonly toldMs: number;
  readonly endMs: number;
}

/** The record of an operation under an idempotency key. */
export interface Mark {
  readonly id: string;
  readonly outcome: Outcome;
}

/**
 * An effect in the place of its bytes: the protocol carries payloads and counts their bytes, and never looks inside.
 */
export function payloadOf(effect: Effect): Uint8Array {
  return { ...effect, length: 100 } as unknown as Uint8Array;
}

function effectOf(payload: Uint8Array): Effect {
  return payload as unknown as Effect;
}

export interface Item {
  readonly value: string;
  readonly sequence: number;
  /** By the clock of the node, and the latest that it may be in true time. */
  readonly expiresAtMs: number;
  readonly endMs: number;
}

export interface KeptMark {
  readonly mark: Mark;
  readonly key: string;
  readonly sequence: number;
}

class SlotContent {
  readonly items = new Map<string, Item>();
  readonly marks = new Map<string, KeptMark>();
}

/** What a store has of the world around it. */
export interface StoreWorld {
  /** By the clock of the node. */
  nowMs(): number;
  /** For the checks alone. */
  trueMs(): number;
  /** Where it is noted what goes by itself. */
  readonly lifetimes: NotedLifetimes;
  /** Part of the items of primaries that there is no room for. */
  readonly noRoomShare: number;
  /** Part of the attempts to keep something that fail because it must not be dropped and there is no room. */
  readonly fullShare: number;
}

const plainWorld: StoreWorld = {
  nowMs: () => 0,
  trueMs: () => 0,
  lifetimes: new NotedLifetimes(),
  noRoomShare: 0,
  fullShare: 0,
};

export class ModelStore implements SlotStore {
  readonly #choices: Choices;
  readonly #world: StoreWorld;
  readonly #slots = new Map<number, SlotContent>();

  constructor(choices: Choices, world: StoreWorld = plainWorld) {
    this.#choices = choices;
    this.#world = world;
  }

  /** What the slot has of a key; what has expired is not there. */
  find(slot: number, key: string): Item | undefined {
    const { items } = this.#of(slot);
    const item = items.get(key);
    if (item === undefined || item.expiresAtMs > this.#world.nowMs()) return item;
    items.delete(key);
    return undefined;
  }

  recall(slot: number, id: string): KeptMark | undefined {
    return this.#of(slot).marks.get(id);
  }

  /** Notes an answer of which there is no entry, as nobody has to be given it. */
  remember(slot: number, key: string, mark: Mark, sequence: number): void {
    this.#of(slot).marks.set(mark.id, { mark, key, sequence });
  }

  #of(slot: number): SlotContent {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const content = new SlotContent();
    this.#slots.set(slot, content);
    return content;
  }

  wipe(slot: number): void {
    this.#slots.delete(slot);
  }

  /** Applies what the node's own executor did. */
  applyOwn(slot: number, sequence: number, effect: Effect): void {
    const { key, value, expiry, mark } = effect;
    if (value === null) this.#of(slot).items.delete(key);
    else if (value !== undefined) this.#put(slot, sequence, key, value, expiry);
    if (mark !== undefined) this.remember(slot, key, mark, sequence);
  }

  #put(slot: number, sequence: number, key: string, value: string, expiry: Expiry | undefined): void {
    const { lifetimes, nowMs, trueMs } = this.#world;
    const [expiresAtMs, endMs] =
      expiry === undefined
        ? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
        : // The way here counts for nobody.
          [nowMs() + expiry.ttlMs, expiry.endMs + (trueMs() - expiry.toldMs)];
    lifetimes.mayLast(key, value, endMs);
    this.#of(slot).items.set(key, { value, sequence, expiresAtMs, endMs });
  }

  apply(slot: number, { sequence, payload }: Entry): boolean {
    const effect = effectOf(payload);
    const { fullShare } = this.#world;
    if (fullShare > 0 && this.#choices.chance(fullShare)) return false;
    this.applyOwn(slot, sequence, effect);
    const { noRoomShare } = this.#world;
    // The older item is gone as well: `EngineSlotStore`.
    if (typeof effect.value === 'string' && noRoomShare > 0 && this.#choices.chance(noRoomShare))
      this.#forget(slot, effect.key);
    return true;
  }

  #forget(slot: number, key: string): void {
    const { items } = this.#of(slot);
    const item = items.get(key);
    if (item === undefined) return;
    this.#world.lifetimes.mayBeMissing(key, item.value, this.#world.trueMs());
    items.delete(key);
  }

  identityOf(payload: Uint8Array): string | null {
    const { key, value } = effectOf(payload);
    return value === undefined ? null : key;
  }

  applyCopied(slot: number, part: CopiedPart): boolean {
    return this.apply(slot, { ...part, hash: 0 });
  }

  /** Gives keys in random order, some of those that come meanwhile too, a few at a time, and sometimes not yet. */
  read(slot: number): SlotReading {
    const choices = this.#choices;
    const { items, marks } = this.#of(slot);
    const left = [...items.keys()].map((key) => ({ key, order: choices.next() }));
    const keys = left.sort((a, b) => a.order - b.order).map(({ key }) => key);
    const ids = [...marks.keys()];
    let isOpen = true;
    return {
      next: () => {
        if (!isOpen) throw new Error('a reading that is closed is read');
        if (choices.chance(0.2)) return null;
        const parts: CopiedPart[] = [];
        for (const key of keys.splice(0, 1 + choices.below(2))) {
          const item = this.find(slot, key);
          if (item !== undefined) parts.push({ sequence: item.sequence, payload: payloadOf(this.#copyOf(key, item)) });
        }
        if (keys.length === 0) {
          for (const id of ids.splice(0, 1 + choices.below(20))) {
            const kept = marks.get(id);
            if (kept === undefined) continue;
            parts.push({ sequence: kept.sequence, payload: payloadOf({ key: kept.key, mark: kept.mark }) });
          }
        }
        return { parts, final: keys.length === 0 && ids.length === 0 };
      },
      close: () => {
        isOpen = false;
      },
    };
  }

  #copyOf(key: string, { value, expiresAtMs, endMs }: Item): Effect {
    if (expiresAtMs === Number.POSITIVE_INFINITY) return { key, value };
    const { nowMs, trueMs } = this.#world;
    // Whole ms travel, and what is begun is given: that may be one more.
    const ttlMs = Math.max(1, Math.ceil(expiresAtMs - nowMs()));
    return { key, value, expiry: { ttlMs, toldMs: trueMs(), endMs: endMs + 1 / clockRateMin } };
  }

  /** Some item that memory was needed for; whether there was one. */
  evict(choices: Choices): boolean {
    const held = [...this.#slots].filter(([, { items }]) => items.size > 0);
    if (held.length === 0) return false;
    const [slot, { items }] = choices.of(held);
    this.#forget(slot, choices.of([...items.keys()]));
    return true;
  }

  /** All that a slot holds, as a text that two equal copies share. */
  digest(slot: number): string {
    const { items, marks } = this.#of(slot);
    const lines = [...items].map(([key, { value, sequence }]) => `${key}=${value}@${sequence}`);
    for (const [id, { mark, sequence }] of marks) lines.push(`${id}:${JSON.stringify(mark.outcome)}@${sequence}`);
    return lines.sort().join(' ');
  }

  /** What this store has of a slot and another one must have as well, as it never goes by itself, but has not. */
  lackedBy(other: ModelStore, slot: number): string[] {
    const { items, marks } = this.#of(slot);
    const { lifetimes, trueMs } = this.#world;
    const lacked: string[] = [];
    for (const [key, { value, sequence }] of items) {
      const found = other.#of(slot).items.get(key);
      const isExcused = found === undefined && lifetimes.of(key, value).missingFromMs <= trueMs();
      const isSame = found?.value === value && found.sequence === sequence;
      if (!isSame && !isExcused) lacked.push(`${key}=${value}@${sequence}`);
    }
    for (const [id, { mark, sequence }] of marks) {
      const found = other.#of(slot).marks.get(id);
      const isSame =
        found?.sequence === sequence && JSON.stringify(found.mark.outcome) === JSON.stringify(mark.outcome);
      if (!isSame) lacked.push(`${id}:${JSON.stringify(mark.outcome)}@${sequence}`);
    }
    return lacked;
  }
}
