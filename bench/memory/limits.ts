/** Bounds of the memory bench, each with its unit and its reason. */
export const benchLimits = {
  /**
   * Requests are issued in batches, one per this many ms at the least, and at the most when requests are few: of
   * `batchRequests` or so. What a batch holds is fixed by the stream, and a system's misses of one batch are filled
   * with its next: so no result depends on how fast a system answers.
   */
  batchMsMin: 4,
  batchMsMax: 20,
  batchRequests: 8,
  /** Share of a run's requests that are not counted: they bring every system into its steady state. */
  warmUpShare: 1 / 3,
  /** Sets of one batch of the filling beforehand, and their value bytes at most. */
  prefillOperations: 256,
  prefillBytes: 2 * 1024 * 1024,
  /**
   * A batch answered later than this, in ms, is late: TTLs then count in another time than the requests. A tenth of
   * the shortest TTL of any workload.
   */
  lagMsMax: 300,
  /** Share of a system's batches that may be late in a valid run: a stall of the machine, which meets all systems. */
  lateShareMax: 0.02,
  /** A run that is this late, in ms, is given up. */
  lagGiveUpMs: 5_000,
  /** Times that a run is done again when it was not valid. */
  attemptsMax: 2,
  /** Time for one batch to be answered, in ms. */
  answerTimeoutMs: 20_000,
  /** Pause before the counters of a system are read at the end, in ms. */
  settleMs: 200,
} as const;

/** What the figures are hoped to be. */
export const targets = {
  /** Memory for equal misses, of Godwit to memcached and to Redis, on small objects with mixed TTL. */
  memoryRatioMax: 0.6,
  /** Godwit's miss ratio to that of the better of the two, on every workload. */
  missRatioMax: 1.05,
} as const;
