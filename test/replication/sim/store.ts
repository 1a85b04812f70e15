/** What a simulated node keeps of its slots: a map for each, in place of the engine. */
import type { SlotReading, SlotStore } from '../../../src/storage-node/replication/environment.ts';
import type { CopiedPart, Entry } from '../../../src/storage-node/replication/messages.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { Outcome } from '../checker/history.ts';

/** The result of an operation: what a key holds from now on (null: nothing; absent: as before), and its record. */
export interface Effect {
  readonly key: string;
  readonly value?: string | null;
  readonly mark?: Mark;
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

export class ModelStore implements SlotStore {
  readonly #choices: Choices;
  readonly #slots = new Map<number, SlotContent>();

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  of(slot: number): SlotContent {
    const known = this.#slots.get(slot);
    if (known !== undefined) return known;
    const content = new SlotContent();
    this.#slots.set(slot, content);
    return content;
  }

  wipe(slot: number): void {
    this.#slots.delete(slot);
  }

  apply(slot: number, { sequence, payload }: Entry): void {
    const { key, value, mark } = effectOf(payload);
    const { items, marks } = this.of(slot);
    if (value === null) items.delete(key);
    else if (value !== undefined) items.set(key, { value, sequence });
    if (mark !== undefined) marks.set(mark.id, { mark, key, sequence });
  }

  identityOf(payload: Uint8Array): string | null {
    const { key, value } = effectOf(payload);
    return value === undefined ? null : key;
  }

  applyCopied(slot: number, part: CopiedPart): void {
    this.apply(slot, { ...part, hash: 0 });
  }

  /** Gives keys in random order, some of those that come meanwhile too, a few at a time, and sometimes not yet. */
  read(slot: number): SlotReading {
    const choices = this.#choices;
    const { items, marks } = this.of(slot);
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
          const item = items.get(key);
          if (item !== undefined)
            parts.push({ sequence: item.sequence, payload: payloadOf({ key, value: item.value }) });
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

  /** An item that memory was needed for. */
  evict(slot: number): void {
    const { items } = this.of(slot);
    const keys = [...items.keys()];
    if (keys.length > 0) items.delete(this.#choices.of(keys));
  }

  /** All that a slot holds, as a text that two equal copies share. */
  digest(slot: number): string {
    const { items, marks } = this.of(slot);
    const lines = [...items].map(([key, { value, sequence }]) => `${key}=${value}@${sequence}`);
    for (const [id, { mark, sequence }] of marks) lines.push(`${id}:${JSON.stringify(mark.outcome)}@${sequence}`);
    return lines.sort().join(' ');
  }
}
