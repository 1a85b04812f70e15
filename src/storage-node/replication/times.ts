/**
 * Times and bounds of the replication protocol, in ms unless said otherwise. One place; the simulator runs with the
 * same, but for what its few slots, which are never quiet, would not reach (`test/replication/sim/node.ts`).
 */
export const replicationTimes = {
  /**
   * Age up to which a promise counts for the primary, from the sending of the beacon that it answers (rule P5).
   * Shorter heals faster; longer bears longer pauses of a busy machine.
   */
  leaseMs: 1_100,
  /** How long a copy keeps its promise not to take over: the lease, and 14 % for clocks of different rates. */
  promiseMs: 1_250,
  /** Pause between two beacons to a peer: four of them in a lease. */
  beaconMs: 250,
  /** A copy that is silent, or has not acknowledged an entry, for this long is to leave the in-sync set (rule P6). */
  silentMs: 600,
  /**
   * The same for one that this node has not heard for as long as this: its process may have just begun, with a link
   * still to be made, and is slow at first. One that is dead is found by the control plane sooner. Also how long a copy
   * that is heard may take to report to a new primary.
   */
  firstPatienceMs: 2_000,
  /** Pause before the same is proposed again. */
  proposeAgainMs: 400,
  /**
   * First pause before entries and batches without an answer are sent again; doubles. A link loses
   * nothing but by breaking, which is noticed, so that this is only for what the other side was not ready to take.
   */
  resendMsMin: 400,
  /** The longest such pause. */
  resendMsMax: 1_600,
  /** The same for the questions of a takeover: who is asked may get the view a moment later. */
  askAgainMsMin: 50,
  /** The longest such pause. */
  askAgainMsMax: 400,
  /**
   * An in-sync copy that answers but has acknowledged nothing for this long is stuck, and is to leave as a silent one. It
   * counts anew when entries are sent again, after 400 and 1,200 ms, so that such a copy leaves after 2.3 s.
   */
  stuckMs: 1_000,
  /**
   * Quiet after which the copies of a slot are told what is committed, which further entries would tell by the way. Each
   * such message costs as much as a small entry, and meanwhile copies keep the last entries of the slot.
   */
  tellCommittedMs: 500,
  /** Bytes of entries that are kept so by a copy of one slot, past which it is told at once: 16 MiB for all slots. */
  untoldBytesMax: 4 * 1024,
  /** A node that has not looked for this long was paused itself: of the silence of others that time does not count. */
  pausedMs: 250,
  /** Pause between two looks at all of these. */
  tickMs: 50,
  /** Bytes of entries kept for one slot, for copies that have not acknowledged them; past it a learner starts anew. */
  learnerLogBytesMax: 8 * 1024 * 1024,
  /** Things that a learner remembers to be newer than the copy, in one slot; past it the session starts anew. */
  learnerIdentitiesMax: 50_000,
  /** Bytes of one batch of a copy; one is under way in a session, so that a copy never fills a link that writes wait for. */
  copyBatchBytes: 64 * 1024,
  /** Bytes of entries in one append message; more travel in the next one. */
  appendBytesMax: 256 * 1024,
} as const;
export type ReplicationTimes = { readonly [Name in keyof typeof replicationTimes]: number };
