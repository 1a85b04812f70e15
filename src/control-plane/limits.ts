/** Bounds of the control plane; times in milliseconds. Those that both ends of the link know are in `control-link/limits.ts`. */
export const controlPlaneLimits = {
  /** One administrative call as JSON: the largest is a token's claims (8 KiB), with room for escapes. */
  bodyBytesMax: 64 * 1024,
  /** One call of a storage node: proposals for every slot, each with a life's name of up to 257 characters. */
  nodeBodyBytesMax: 2 * 1024 * 1024,
  /** Peers are near and send small heads at once. */
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  /** Above the pause between a peer's calls; peers reopen when it has passed. */
  keepAliveTimeoutMs: 65_000,
  /** State polls held open; one for each process of the fleet, so 300 nodes and as many gateways fit. */
  waitersMax: 2_048,
  connectionsMax: 8_192,
  /** Watchers remembered with their acknowledgement; those silent longest are forgotten first. */
  watchersMax: 4_096,
  /** Changes that may wait for their turn; at a few milliseconds each, more would outlive their callers' deadline. */
  changesWaitingMax: 512,
  /** Pause between two rounds of housekeeping: settling the first view, silent processes, expired records. */
  tickMs: 250,
  /** Pause between two looks for idle connections while the listener closes. */
  drainPollMs: 20,
  /** Records of one kind removed in one round: with four operations for each it stays within one store transaction. */
  prunedPerTickMax: 24,
  /** Quiet time after the last registration before the first view, when no number of nodes is expected. */
  firstViewSettleMs: 500,
  /**
   * How long a fleet that had been placed, and all of whose nodes have ended, waits for the expected number of them
   * before whoever is there serves: nodes that a power cut took come back within seconds of each other.
   */
  returnSettleMs: 10_000,
  /**
   * Views whose changes are kept for those who hold an older one: several seconds of the busiest moves. Whoever is
   * further behind gets the whole view.
   */
  viewsKept: 64,
  /** A process that has not polled for this long leaves the `processes` section: several re-poll windows. */
  processSilentMs: 8_000,
  processesMax: 2_048,
  nodesMax: 1_024,
  /** Replaced incarnations remembered, so that a late retry of one is refused instead of resetting its slots. */
  replacedIncarnationsMax: 256,
  /** Idempotency records held at a time; a window of 10 minutes at 160 changes a second. */
  idempotencyRecordsMax: 100_000,
  /** Unexpired tokens on record for one account: 55 tokens of an hour issued each second. */
  tokensPerAccountMax: 200_000,
  /** Revocations in force; all gateways hold them in memory, and each change sends them all. */
  revocationsMax: 50_000,
  /** A revocation outlives its token by this much: twice the clock tolerance of verification (60 s at most). */
  revocationMarginMs: 120_000,
  /** Signing keys whose public half is still published. */
  signingKeysMax: 32,
  /**
   * The leader's lease: a leader that is killed or stopped is replaced when it is over. Shorter, and a pause of a
   * busy machine would cost a leader; etcd looks for ended leases every 500 ms and allows no less than 2 s.
   */
  leaderLeaseMs: 3_000,
  /** Pause between two renewals: three tries in the lease, each with room for its own deadline. */
  leaderRenewMs: 700,
  /** A leader counts its lease this much shorter than the store, for clocks that run at different rates: 10 %. */
  leaderMarginMs: 300,
  /** Pauses of a candidate after an attempt that failed or lost. */
  candidateBackoffMsMin: 50,
  candidateBackoffMsMax: 1_000,
  /**
   * Pause of a leader that has resigned before it is a candidate again: all others know by then that nobody leads, the
   * last of them by a list of the entries that comes every 2 s.
   */
  resignedPauseMs: 3_000,
  /**
   * A leader that hears no node for so long resigns, where others could lead: it may be cut off itself. Above what nodes
   * take to find a new leader. Doubles with each such tenure of a process until it hears somebody, up to the longest:
   * where all nodes are dead a leader must stay for those that come.
   */
  deafMsMin: 5_000,
  deafMsMax: 60_000,
  /**
   * Pause between two compactions of the store's history, each up to the newest revision of one pause before. Whoever
   * reads at an older revision has finished long since: watches list every 2 s, and pages of a list follow each other
   * in milliseconds. At a view of 200 KiB a second, the history of two pauses is 120 MB of the 2 GB that etcd allows.
   */
  compactPauseMs: 300_000,
  /** Copies of each slot when nothing else is said. */
  replicationFactorDefault: 2,
  /** Pause between two looks at who is heard, and at what is to be planned. */
  lookMs: 50,
  /** A look that comes this much late says that this process stood still: all silences count anew. */
  lateLookMs: 500,
  /**
   * A node without a heartbeat for this long is declared silent. Longer than a copy's promise (1,250 ms), so that the
   * copy that takes over need not wait for it as well, and eight heartbeats.
   */
  silentMs: 1_300,
  /**
   * The same for one that its peers hear: it is cut off from the control plane. It would not learn that a copy of its
   * slots has died, and they would stop; so others take them over, after a time that a blip of its link does not last.
   */
  cutOffMs: 5_000,
  /**
   * A node is silent only when it was heard this much earlier than the last of all: where all fall silent together, the line to all
   * of them may be what has failed, and who is heard next shows it. Two heartbeats, for ones that are late.
   */
  togetherMs: 300,
  /** A node that this many others heard within `heardByPeersMs` is not silent; all of them, where there are fewer. */
  peersNeeded: 2,
  heardByPeersMs: 600,
  /** A node that was silent, or began anew, this often in the window is given slots again only after a pause. */
  flapsMax: 3,
  flapWindowMs: 600_000,
  /** That pause: doubles with each further time. */
  flapPauseMsMin: 2_000,
  flapPauseMsMax: 300_000,
  /** A dead life stays in the view this long, so that nodes that wait out a promise to it see that they need not. */
  deadKeptMs: 60_000,
  /** A silent node that holds nothing leaves the view after this long. */
  silentKeptMs: 3_600_000,
  /** Nodes whose scores are computed in one look, at 1 ms each. */
  scoresPerLook: 16,
  /** Pause between two rounds of planning in which nothing else asks for one. */
  planMs: 250,
  /**
   * The same when the view has changed. Each round with steps is a view, which is work for every process; without a
   * pause moves take all of a small machine, and whoever waits for a slot waits for that as well.
   */
  planSoonMs: 200,
  /** Proposals gather this long: all that one event brings become one view. A view of 4,096 slots is 100 KB. */
  proposalGatherMs: 10,
  /**
   * How far the copies of a node may be from its fair share before slots move for balance alone: more than chance makes
   * of a first placement over few nodes, and less than the tenth that the fullest of many may be above the mean.
   */
  balanceBand: 0.08,
  /** The same for primaries, which move without a copy, and whose number matters less. */
  primaryBand: 0.1,
  /**
   * Learners at a time in the fleet, for one target and from one source. A source goes through all of its items once
   * for those that begin together, however few slots they are: some 0.9 s a million items (measured).
   */
  learnersMax: 2_048,
  learnersPerTargetMax: 512,
  learnersPerSourceMax: 512,
  /** Slots of one view that get another primary or lose a copy in a planned move: each pauses for some milliseconds. */
  movesPerViewMax: 256,
  /**
   * Moves begin with this share of these bounds, which doubles with each view: the first view of a drain was the slowest
   * (longest operation of eight drains 129 to 277 ms, of six with this 86 to 149), and a drain takes as long.
   */
  movesBeginShare: 1 / 8,
  /** After this long without a step they begin so again, in ms: longer than slots wait for each other. */
  movesRestMs: 2_000,
  /** How long copies that primaries leave out are gathered to one event for each node, in ms. */
  leftOutSaidMs: 1_000,
  /**
   * A learner that has not joined after this long is withdrawn, and not tried at that node for a while: well beyond one
   * pass over the items of a large node (100 million small ones: 90 s).
   */
  learnerStuckMs: 300_000,
  /**
   * Time beside that for the bytes that the fullest node holds: a source copies up to 512 slots in one pass, all of which
   * join at its end, at 32 MiB/s (`nodeLimits.copyBytesPerSecond`) with nothing in its way; a quarter of that is slow.
   */
  learnerBytesPerSecondMin: 8 * 1024 * 1024,
  learnerAvoidedMs: 300_000,
  /** Pause between two looks for such learners. */
  learnersWatchMs: 1_000,
  /** A copy that its primary had removed is not tried again at once: it is slow, or about to be declared silent. */
  shrunkAvoidedMs: 1_000,
  /**
   * The same for a copy that had no room for what must not be evicted: until something may have expired. Each attempt
   * copies the slot as far as there is room.
   */
  noRoomAvoidedMs: 60_000,
  /** Pause between two events that say so of one node. */
  noRoomSaidMs: 60_000,
  /** Pairs of slot and node that are avoided at a time; of more, the oldest are forgotten. */
  avoidedMax: 65_536,
  /** A spare takes the place of a node that has been dead or silent for this long, or is added when a target was passed so long. */
  spareAfterMs: 5_000,
  /** Pause between two looks at loads, over which they are averaged. */
  weighMs: 60_000,
  /** How far a node's load may correct its weight, down and up, and the least change that is worth its moves. */
  loadFactorMin: 0.8,
  loadFactorMax: 1.25,
  loadFactorStep: 0.1,
  /** Mean operations a second of a node, below which loads are no matter. */
  loadMin: 1_000,
  /** Events kept in memory. */
  eventsMax: 1_000,
  /** The newest of them in the store, for the next leader: some 30 KB, beside views of 100 KB. */
  eventsStored: 200,
  /** Losses of data among those, however much has happened since. */
  resetEventsKept: 100,
  /** Pause between two writes of them, in which the events of many changes gather. */
  eventsStoreMs: 1_000,
  eventsPageDefault: 100,
  /** Steps of a plan that are shown. */
  planStepsShown: 100,
  /** Entries in one page of a list. */
  listPageMax: 1_000,
  listPageDefault: 100,
} as const;
