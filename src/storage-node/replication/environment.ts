/** What the replication of a node needs of the world, and what it keeps its copies in. Both are injected. */
import type { CopiedPart, Entry, Life, ReplicationMessage } from './messages.ts';

/** A change of a slot's copies that its primary asks the control plane for, by compare-and-swap on `epoch`. */
export interface Proposal {
  readonly slot: number;
  readonly epoch: number;
  /** `shrink`: this copy is silent or stuck (rule P6). `join`: this learner has everything (rule P9). */
  readonly kind: 'shrink' | 'join';
  readonly life: Life;
  /** Of a `shrink`: the copy is well, but has no room for what must not be dropped. */
  readonly full?: true;
}

/** Every call is synchronous, and none calls back before it returns. */
export interface ReplicationEnvironment {
  /** Monotonic time in ms. */
  nowMs(): number;
  /** Sends on the ordered link to a life; lost when the link breaks. */
  send(to: Life, message: ReplicationMessage): void;
  /** Asks the control plane; nothing is heard but the view that comes of it. The same is asked again after a while. */
  propose(proposal: Proposal): void;
  /** Somebody knows a newer view than this node: get it. */
  behind(): void;
  /** All in-sync copies have everything up to `committed`. */
  onCommitted(slot: number, committed: number): void;
  /** What was not committed here is lost, or its fate will not be known here. */
  onLost(slot: number): void;
}

/** The copies of a node, as bytes. The protocol says when; the store knows what. */
export interface SlotStore {
  /** Forgets everything of a slot, at once. */
  wipe(slot: number): void;
  /**
   * Applies the next result, all or nothing. What finds no room is counted and dropped, if it may be; false when it may
   * not, and nothing has changed.
   */
  apply(slot: number, entry: Entry): boolean;
  /** What an entry or part is about, to tell which of two is newer; null when it is about no single thing. */
  identityOf(payload: Uint8Array): string | null;
  /** Applies a part of a copy which nothing newer has come for; false as in `apply`. */
  applyCopied(slot: number, part: CopiedPart): boolean;
  /** Begins to read everything that the slot holds, by and by, while it changes. */
  read(slot: number): SlotReading;
}

/** One pass over a slot. What is there from its beginning to its end is given at least once, at its newest. */
export interface SlotReading {
  /** The next parts, of about `bytesMax` bytes together; null when there is none ready now; `final` with the last. */
  next(bytesMax: number): { readonly parts: readonly CopiedPart[]; readonly final: boolean } | null;
  close(): void;
}

/** Counts of a node's replication since its start. */
export interface ReplicationCounters {
  entriesAppended: number;
  entriesApplied: number;
  takeovers: number;
  stepDowns: number;
  sessionsBegun: number;
  sessionsRestarted: number;
  joinsProposed: number;
  shrinksProposed: number;
  messagesRefused: number;
  wipes: number;
  /** Slots that this node was told to be in sync for and is not: defects. */
  invalidRoles: number;
  /** Entries and batches that were not taken for want of room. */
  fullRefusals: number;
}
