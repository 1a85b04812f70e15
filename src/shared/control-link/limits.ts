/** Bounds of the link between the control plane and the processes that follow it; times in milliseconds. */
export const controlLinkLimits = {
  /** Longest wait of one state poll: below the idle timeouts of what may sit between the processes (30 s and up). */
  pollWaitMsMax: 20_000,
  /**
   * Longest wait of one state poll where several control processes are known: a leader that was stopped keeps its
   * connections and says nothing, and is left for another after this wait and the grace.
   */
  pollWaitMsOfSeveral: 1_000,
  pollGraceMsOfSeveral: 2_000,
  /** What a poll may take beyond its wait before it counts as failed: one slow answer with a whole view. */
  pollGraceMs: 3_000,
  /** First and longest pause after a failed poll; the longest stays below `repollWindowMs` with its jitter. */
  backoffMsMin: 50,
  backoffMsMax: 1_000,
  /** A watcher polls again within this after an answer, or counts as gone; no answered change waits for it any more. */
  repollWindowMs: 2_500,
  /** Longest wait of an administrative change for the acknowledgements: a revocation must be answered within 1 s. */
  acknowledgeMsMax: 1_000,
  /** Whole time of one administrative call, retries included: acknowledgements (1 s) and a commit, with room. */
  callDeadlineMs: 5_000,
  /** One attempt of a call that may be sent again, where there is another control process to try. */
  callAttemptMsOfSeveral: 2_000,
  /** Pauses between the attempts of a call that may be sent again. */
  callRetryDelayMsMin: 20,
  callRetryDelayMsMax: 250,
  /**
   * Pause between two heartbeats of a storage node: eight of them until it is declared silent, so that a few lost ones
   * are no matter. At 300 nodes the control plane takes 2,000 a second.
   */
  heartbeatMs: 150,
  /** A heartbeat without an answer for this long is given up, and the next one goes to the next control process. */
  heartbeatTimeoutMs: 450,
  /** The control plane may be away for this long before the log says so: an upgrade replaces it in less. */
  silenceToldMs: 2_000,
  /** Pause after a heartbeat that failed, where there is another control process to try. */
  heartbeatRetryMs: 25,
  /** Pause before a registration is tried again that another life of the node's id stands in the way of. */
  idInUseRetryMs: 100,
  /**
   * Such tries after which the log says so, for the first time and from then on: 2 s, by when a life that was killed
   * counts as silent, and a minute.
   */
  idInUseTriesSilent: 20,
  idInUseTriesRepeat: 600,
  /** Peers named in one heartbeat: all nodes that a view may have. */
  heartbeatPeersMax: 1_024,
  /** Slots named in one heartbeat as not served yet; of more, only their number is told. */
  notServingSlotsMax: 256,
  /** Proposals in one call, and those that may wait for the next: one for each slot. */
  proposalsMax: 4_096,
  /** How long proposals gather: those of one event come within a few turns, and become one change of the view. */
  proposalGatherMs: 5,
  /** The same while there are only joins, in ms: shorter than the pause after which they are proposed again. */
  joinGatherMs: 250,
  /** A call with proposals without an answer for this long is given up; they are proposed again. */
  proposalTimeoutMs: 1_000,
  /** Largest answer that is read: a registry of 100,000 caches at 300 bytes. */
  answerBytesMax: 32 * 1024 * 1024,
} as const;
