import { statusCode } from '../shared/frame/layout.ts';
import { rewriteResults } from './reply-edit.ts';

/** A result in a reply that must not be told before an entry of its slot is committed. */
export interface Dependency {
  readonly slot: number;
  readonly sequence: number;
  /** Where the result begins in the reply. */
  readonly resultStart: number;
  /** Whether the result says that something was done; otherwise the operation only read what the entry left. */
  readonly isWrite: boolean;
  /** In-sync copies that must have the entry when it is committed (`min_in_sync`); 1 for what only read. */
  readonly copiesMin: number;
}

interface Held {
  readonly reply: Uint8Array;
  readonly dependencies: readonly Dependency[];
  readonly onReady: (reply: Uint8Array) => void;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Waits of it that have not ended; 0 once it has been answered. */
  waitsLeft: number;
  readonly failed: Dependency[];
}

interface Wait {
  readonly held: Held;
  readonly dependency: Dependency;
}

export interface HeldRepliesOptions {
  /** How long a reply to reads waits, in ms. */
  readonly readMsMax: number;
  /** In-sync copies of a slot by the newest view, this node included; null while it is known that a newer view exists. */
  readonly inSyncCopies: (slot: number) => number | null;
}

/**
 * Replies that wait until all copies have what they tell (rule P3). What turns out to be lost is answered `unknown`
 * to who wrote it and `not_ready` to who read it. No reply waits longer than its frame's deadline, and one to reads
 * only a moment: a gateway gathers many of them in a frame, and one key that waits must not hold up the others.
 *
 * A write whose cache demands several copies is `unknown`, too, when at its commit fewer of them are in sync: a copy
 * was left out for its silence, and what was committed then may be in one place only. While a newer view is on its way,
 * nobody can say how many there are, and the result waits for it: in a planned move the old primary often hears of the
 * new one first. What only read waits for no copies beyond the commit: the value is what every later read finds, and
 * the demand is about what a writer is told.
 */
export class HeldReplies {
  readonly #bySlot = new Map<number, Wait[]>();
  readonly #held = new Set<Held>();
  /** Slots with committed entries whose results wait for a view. */
  readonly #unjudged = new Set<number>();
  readonly #options: HeldRepliesOptions;
  #bytes = 0;
  /** How many were answered without some of their entries' commits, or with too few copies. */
  failed = 0;

  constructor(options: HeldRepliesOptions) {
    this.#options = options;
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
    const waitsLeft = dependencies.length;
    const held: Held = { reply, dependencies, onReady, sinceMs: nowMs, untilMs, waitsLeft, failed: [...failed] };
    this.#held.add(held);
    this.#bytes += reply.length;
    for (const dependency of dependencies) this.#wait({ held, dependency });
  }

  /** Waits of a slot are kept in order of their sequences; a new one nearly always comes last. */
  #wait(wait: Wait): void {
    const { slot, sequence } = wait.dependency;
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) {
      this.#bySlot.set(slot, [wait]);
      return;
    }
    let at = waits.length;
    while (at > 0 && waits[at - 1]!.dependency.sequence > sequence) at--;
    if (at === waits.length) waits.push(wait);
    else waits.splice(at, 0, wait);
  }

  /** Everything in the slot up to this sequence is on all copies that are in sync now. */
  committed(slot: number, sequence: number): void {
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) return;
    let count = 0;
    while (count < waits.length && waits[count]!.dependency.sequence <= sequence) count++;
    if (count === waits.length) this.#bySlot.delete(slot);
    const due = count === waits.length ? waits : waits.splice(0, count);
    if (due.some(isDemanding)) this.#judge(slot, due);
    else for (const { held } of due) this.#release(held);
  }

  /** Releases what is committed, if enough copies have it. */
  #judge(slot: number, due: readonly Wait[]): void {
    const copies = this.#options.inSyncCopies(slot);
    for (const wait of due) {
      const { held, dependency } = wait;
      if (isDemanding(wait) && copies === null) {
        this.#wait(wait);
        this.#unjudged.add(slot);
        continue;
      }
      if (isDemanding(wait) && copies! < dependency.copiesMin) held.failed.push(dependency);
      this.#release(held);
    }
  }

  /**
   * What of the slot was not committed, which it was up to this sequence, is lost. What was, and still waits to be
   * judged, is not told either: the slot may have begun anew.
   */
  lost(slot: number, committed: number): void {
    const waits = this.#bySlot.get(slot);
    if (waits === undefined) return;
    this.#bySlot.delete(slot);
    for (const wait of waits) {
      if (isLost(wait, committed)) wait.held.failed.push(wait.dependency);
      this.#release(wait.held);
    }
  }

  #release(held: Held): void {
    if (held.waitsLeft === 0 || --held.waitsLeft > 0) return;
    this.#answer(held);
  }

  #answer(held: Held): void {
    held.waitsLeft = 0;
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
    const unjudged = [...this.#unjudged];
    this.#unjudged.clear();
    for (const slot of unjudged) this.committed(slot, committed(slot));
    const answered = new Set<Held>();
    for (const held of this.#held) {
      const readsOnly = held.dependencies.every(({ isWrite }) => !isWrite);
      if (nowMs < held.untilMs && !(readsOnly && nowMs - held.sinceMs >= this.#options.readMsMax)) continue;
      answered.add(held);
    }
    if (answered.size === 0) return;
    for (const [slot, waits] of this.#bySlot) {
      const left: Wait[] = [];
      for (const wait of waits) {
        if (!answered.has(wait.held)) left.push(wait);
        else if (isLost(wait, committed(slot))) wait.held.failed.push(wait.dependency);
      }
      if (left.length === 0) this.#bySlot.delete(slot);
      else if (left.length < waits.length) this.#bySlot.set(slot, left);
    }
    for (const held of answered) this.#answer(held);
  }
}

/** Whether the result is judged by the copies there are when its entry is committed. */
function isDemanding({ dependency }: Wait): boolean {
  return dependency.copiesMin > 1;
}

/** Whether the result must not be told when its wait ends before its time, with so much of its slot committed. */
function isLost(wait: Wait, committed: number): boolean {
  return isDemanding(wait) || wait.dependency.sequence > committed;
}
