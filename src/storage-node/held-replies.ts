import { statusCode } from '../shared/frame/layout.ts';
import { rewriteResults } from './reply-edit.ts';

/** A result in a reply that must not be told before an entry of its slot is committed. */
export interface Dependency {
  readonly slot: number;
  readonly sequence: number;
  /** Where the result begins in the reply. */
  readonly resultStart: number;
  /** Whether the entry is the operation's own; otherwise it only read what the entry left. */
  readonly isWrite: boolean;
}

interface Held {
  readonly reply: Uint8Array;
  readonly dependencies: readonly Dependency[];
  readonly onReady: (reply: Uint8Array) => void;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Slots that it waits for; 0 once it has been answered. */
  slotsLeft: number;
  readonly failed: Dependency[];
}

interface Wait {
  readonly sequence: number;
  readonly held: Held;
}

/**
 * Replies that wait until all copies have what they tell (rule P3). What turns out to be lost is answered `unknown`
 * to who wrote it and `not_ready` to who read it. No reply waits longer than its frame's deadline, and one to reads
 * only a moment: a gateway gathers many of them in a frame, and one key that waits must not hold up the others.
 */
export class HeldReplies {
  readonly #bySlot = new Map<number, Wait[]>();
  readonly #held = new Set<Held>();
  readonly #readMsMax: number;
  #bytes = 0;
  /** How many were answered without some of their entries' commits. */
  failed = 0;

  constructor(readMsMax: number) {
    this.#readMsMax = readMsMax;
  }

  get size(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Keeps a reply until its dependencies, of which there is at least one, are committed. Those that have `failed`
   * already are not waited for.
   */
  hold(
    reply: Uint8Array,
    dependencies: readonly Dependency[],
    failed: readonly Dependency[],
    nowMs: number,
    untilMs: number,
    onReady: (reply: Uint8Array) => void,
  ): void {
    const newest = new Map<number, number>();
    for (const { slot, sequence } of dependencies) newest.set(slot, Math.max(newest.get(slot) ?? 0, sequence));
    const held: Held = {
      reply,
      dependencies,
      onReady,
      sinceMs: nowMs,
      untilMs,
      slotsLeft: newest.size,
      failed: [...failed],
    };
    this.#held.add(held);
    this.#bytes += reply.length;
    for (const [slot, sequence] of newest) this.#wait(slot, { sequence, held });
  }

  /** Waits of a slot are kept in order of their sequences; a new one nearly always comes last. */
  #wait(slot: number, wait: Wait): void {
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) {
      this.#bySlot.set(slot, [wait]);
      return;
    }
    let at = waits.length;
    while (at > 0 && waits[at - 1]!.sequence > wait.sequence) at--;
    waits.splice(at, 0, wait);
  }

  /** Everything in the slot up to this sequence is on all copies. */
  committed(slot: number, sequence: number): void {
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) return;
    let count = 0;
    while (count < waits.length && waits[count]!.sequence <= sequence) count++;
    if (count === waits.length) this.#bySlot.delete(slot);
    for (const { held } of count === waits.length ? waits : waits.splice(0, count)) this.#release(held);
  }

  /** What of the slot was not committed, which it was up to this sequence, is lost. */
  lost(slot: number, committed: number): void {
    this.committed(slot, committed);
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) return;
    this.#bySlot.delete(slot);
    for (const { held } of waits) {
      held.failed.push(...held.dependencies.filter((one) => one.slot === slot && one.sequence > committed));
      this.#release(held);
    }
  }

  #release(held: Held): void {
    if (held.slotsLeft === 0 || --held.slotsLeft > 0) return;
    this.#answer(held);
  }

  #answer(held: Held): void {
    held.slotsLeft = 0;
    this.#held.delete(held);
    this.#bytes -= held.reply.length;
    if (held.failed.length === 0) return held.onReady(held.reply);
    this.failed++;
    const statuses = new Map<number, number>();
    for (const { resultStart, isWrite } of held.failed)
      statuses.set(resultStart, isWrite ? statusCode.unknown : statusCode.not_ready);
    held.onReady(rewriteResults(held.reply, statuses));
  }

  /**
   * Answers what has waited long enough, with what is `committed` of each slot by then. To be called every now and
   * then.
   */
  tick(nowMs: number, committed: (slot: number) => number): void {
    const answered = new Set<Held>();
    for (const held of this.#held) {
      const readsOnly = held.dependencies.every(({ isWrite }) => !isWrite);
      if (nowMs < held.untilMs && !(readsOnly && nowMs - held.sinceMs >= this.#readMsMax)) continue;
      answered.add(held);
      held.failed.push(...held.dependencies.filter(({ slot, sequence }) => sequence > committed(slot)));
    }
    if (answered.size === 0) return;
    for (const held of answered) this.#answer(held);
    for (const [slot, waits] of this.#bySlot) {
      const left = waits.filter(({ held }) => !answered.has(held));
      if (left.length === 0) this.#bySlot.delete(slot);
      else if (left.length < waits.length) this.#bySlot.set(slot, left);
    }
  }
}
