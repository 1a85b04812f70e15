import type { ForgetEffect, PublishEffect } from '../replication/effect.ts';
import type { Topic } from './topic.ts';

/** A message, or the end of a topic, that not all copies of the slot are known to have. */
export interface PendingChange {
  /** Of its entry in the slot. */
  readonly sequence: number;
  readonly effect: PublishEffect | ForgetEffect;
  /** The topic whose next number was given to the message here; null at a copy. */
  readonly topic: Topic | null;
  /** Bytes of the message's value; 0 at a copy, which does not count them. */
  readonly valueBytes: number;
}

/** Changes of topics that wait for their commit, by slot and in order. They are as many as entries that wait. */
export class PendingChanges {
  readonly #bySlot = new Map<number, PendingChange[]>();

  add(slot: number, change: PendingChange): void {
    const changes = this.#bySlot.get(slot);
    if (changes === undefined) this.#bySlot.set(slot, [change]);
    else changes.push(change);
  }

  /** Takes out those that are committed, in order. */
  take(slot: number, committed: number): readonly PendingChange[] {
    const changes = this.#bySlot.get(slot);
    if (changes === undefined) return none;
    let count = 0;
    while (count < changes.length && changes[count]!.sequence <= committed) count++;
    if (count < changes.length) return changes.splice(0, count);
    this.#bySlot.delete(slot);
    return changes;
  }

  clear(slot: number): void {
    this.#bySlot.delete(slot);
  }
}

const none: readonly PendingChange[] = [];
