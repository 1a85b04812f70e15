/** The state of one slot at one node; the rules that change it are in `leading.ts`, `takeover.ts` and `following.ts`. */
import { type ByteTotal, EntryLog } from './entry-log.ts';
import type { SlotReading } from './environment.ts';
import type { CopyMessage, Life } from './messages.ts';

/** What the newest view says of this node and the slot. */
export type Role = 'none' | 'primary' | 'copy' | 'learner';

/** What a primary knows of one other holder of the slot. */
export interface Follower {
  readonly life: Life;
  /** Under which messages go to it: that of the attempt which filled it, 0 for one that was in sync from the beginning. */
  session: number;
  /** It has everything up to here. */
  acked: number;
  /** What was sent last. */
  sent: number;
  /** When `acked` grew, or when it last had everything. */
  progressMs: number;
  /** When what it has not acknowledged is sent again, and the pause after that. */
  resendAtMs: number;
  resendMs: number;
  /** When the newest beacon was sent that it answered with its promise. */
  promisedMs: number;
  /** When a change of its membership was last proposed. */
  proposedMs: number;
  /** How it is filled; null for an in-sync copy. */
  filling: Filling | null;
}

/** One attempt to fill a learner (rule P9). */
export interface Filling {
  /** The learner has wiped the slot and takes entries. */
  begun: boolean;
  reading: SlotReading | null;
  /** The batch that is under way, to be sent again; null when none is. */
  batch: CopyMessage | null;
  batches: number;
  /** When the join or the batch under way is sent again. */
  againMs: number;
  /** When the learner last answered. */
  progressMs: number;
  /** Everything has been copied: its acknowledgement is required for a commit. */
  joining: boolean;
  /**
   * The newest epoch in which the learner acknowledged under this session. What it acknowledged in an older one it may
   * have wiped since: it may have seen a view without it that this node never got.
   */
  confirmedEpoch: number;
  /** It may be in the in-sync set by now, without this node knowing: its promise is required for the lease, too. */
  proposed: boolean;
}

/** The slot as its primary has it, from taking over to stepping down. */
export interface Lead {
  /** The epoch of the view with which this tenure began, and that of the newest. */
  readonly firstEpoch: number;
  epoch: number;
  /** Null once the slot is served. */
  takeover: Takeover | null;
  /** The other in-sync copies. */
  readonly inSync: Map<Life, Follower>;
  readonly learners: Map<Life, Follower>;
  /** End of the youngest age that all promises have; Infinity when nobody's is needed. */
  leaseUntilMs: number;
  /** Since when copies have not been told what is committed, if they have not. */
  untoldMs: number;
  /** When the copies were sent entries last, which tell what is committed, and bytes of entries since they were told. */
  appendedMs: number;
  untoldBytes: number;
}

/** What a new primary has learned of the other in-sync copies (rule P7). */
export interface Takeover {
  /** Last sequence of each that has reported. */
  readonly reported: Map<Life, number>;
  /** The newest epoch in which one of them served; never falls. */
  servedEpoch: number;
  beganMs: number;
  askAgainMs: number;
  pauseMs: number;
}

/** A learner's side of an attempt to fill it. */
export interface Session {
  readonly from: Life;
  readonly id: number;
  /** The newest epoch in which the primary went on with it. */
  epoch: number;
  /** Sequence of the newest live entry about each thing; null once the copy is complete. */
  identities: Map<string, number> | null;
  batch: number;
}

export class Slot {
  readonly number: number;
  /** The newest epoch seen in a view or a message (rule P4). */
  epoch = 0;
  /** That of the newest view. */
  viewEpoch = 0;
  dataEpoch = 0;
  role: Role = 'none';
  /** Copies in sync by the newest view, this node included if it is one. */
  inSyncCopies = 0;
  /** Whether everything that was committed in the data epoch is here. */
  valid = false;
  readonly log: EntryLog;
  /** All in-sync copies have everything up to here, as far as is known. */
  committed = 0;
  lead: Lead | null = null;
  /**
   * The newest epoch in which this node began to serve as primary, 0 when it never did. All in-sync copies had reported
   * in it, so that tenures which had begun before have had no lease since. Not the epochs in which it went on: who was
   * listed in between, and has not heard of it, may go on with its own.
   */
  servedEpoch = 0;
  session: Session | null = null;
  /**
   * Until when a primary of the former data may believe that it leads. The copies that promised it so may have ended
   * since, and those that begin empty know of no promise.
   */
  quietUntilMs = Number.NEGATIVE_INFINITY;
  /** Promises not to take over, with the epochs of those who got them and their ends (rule P5). */
  promises: { life: Life; epoch: number; untilMs: number }[] = [];

  constructor(number: number, logTotal: ByteTotal) {
    this.number = number;
    this.log = new EntryLog(logTotal);
  }

  get serving(): boolean {
    return this.lead !== null && this.lead.takeover === null && this.lead.epoch === this.epoch;
  }

  /** Forgets what was here; the next entry is the one after `last`. */
  clear(last: number): void {
    this.lead = null;
    this.session = null;
    this.valid = false;
    this.committed = last;
    this.log.reset(last);
  }
}

/** Until when the slot may be served by its lease; `-Infinity` when it is not served. */
export function leaseEndMs(slot: Slot): number {
  return slot.serving ? slot.lead!.leaseUntilMs : Number.NEGATIVE_INFINITY;
}

export function newFollower(life: Life, acked: number, nowMs: number, resendMs: number): Follower {
  return {
    life,
    session: 0,
    acked,
    sent: acked,
    progressMs: nowMs,
    resendAtMs: nowMs + resendMs,
    resendMs,
    promisedMs: Number.NEGATIVE_INFINITY,
    proposedMs: Number.NEGATIVE_INFINITY,
    filling: null,
  };
}

/** Whether the view takes from this node what it has of the slot. A session that began later than that is another matter. */
export function hasLeft(slot: Slot, former: Role, epoch: number): boolean {
  if (slot.session !== null && slot.session.epoch >= epoch) return false;
  if (slot.role === 'none') return isHeld(slot);
  return slot.role === 'learner' && (former === 'primary' || former === 'copy');
}

export function isHeld(slot: Slot): boolean {
  return slot.valid || slot.session !== null || slot.lead !== null || slot.log.last > 0;
}
