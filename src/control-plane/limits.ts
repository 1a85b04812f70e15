/** Bounds of the control plane; times in milliseconds. Those that both ends of the link know are in `control-link/limits.ts`. */
export const controlPlaneLimits = {
  /** One administrative call as JSON: the largest is a token's claims (8 KiB), with room for escapes. */
  bodyBytesMax: 64 * 1024,
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
   * Pause between two compactions of the store's history, each up to the newest revision of one pause before. Whoever
   * reads at an older revision has finished long since: watches list every 2 s, and pages of a list follow each other
   * in milliseconds. At a view of 200 KiB a second, the history of two pauses is 120 MB of the 2 GB that etcd allows.
   */
  compactPauseMs: 300_000,
  /** Entries in one page of a list. */
  listPageMax: 1_000,
  listPageDefault: 100,
} as const;
