/** Sizes, rates and bounds of the failover bench, each with its unit and its reason. */
export const failoverLimits = {
  /** Keys that are written all the time, over all slots: a third of them has its primary on each node. */
  keys: 120,
  /** Pause between two writes of a key, in ms: what a gap can be told to. */
  writeEveryMs: 100,
  /** Writes of one key under way at once: more would only tell the same gap again. */
  perKeyMax: 3,
  /** Connections of a load. */
  connections: 384,
  /** What was before a fault is looked at for so long, in ms: the gap of each key begins there. */
  steadyMs: 1_500,
  /** How long a fault is watched, in ms, before it counts as not healed. */
  healMs: 20_000,
  /** After its gap each key must have been written for so long, in ms, that no second gap is overlooked. */
  afterMs: 700,
  /** A node is stopped for so long, in ms: well beyond the time in which its slots are taken over. */
  stopMs: 6_000,
  /** Items that are read for the hit ratio, their bytes, and requests a second of readers and of writers. */
  items: 20_000,
  itemBytes: 400,
  readsPerSecond: 250,
  writesPerSecond: 250,
  /** Slowest reads, and writes, of a planned move that are told. */
  slowestTold: 5,
  /** Requests of readers, and of writers, under way at once. */
  openMax: 256,
  /** Time under load before and after a planned move, in ms. */
  aroundMs: 3_000,
  /** Longest planned move, in ms. */
  moveMs: 180_000,
  /** Time without a new view after which a fleet counts as settled, in ms: proposals are under way no more. */
  quietMs: 2_500,
  /** Bytes that a learner copies, of values of this size; the memory of a node, in bytes. */
  copyBytes: 1024 ** 3,
  copyValueBytes: 64 * 1024,
  copyNodeBytes: 2 * 1024 ** 3,
  copyReadsPerSecond: 300,
  /** Keys that are read meanwhile, small ones. */
  copyReadKeys: 2_000,
  /** Reads are watched for so long without a copy, in ms, before and after it. */
  copyAloneMs: 8_000,
  copyMsMax: 300_000,
  /** Requests under way while a fleet is filled. */
  fillConnections: 32,
  /**
   * Pairs of fleets for the cost of a second copy: two fleets of the same tree differ by some 5 % for as long as they
   * live. Then the rounds of each pair, the connections, and the length of each load, in s.
   */
  costPairs: 3,
  costRounds: 5,
  costConnections: 64,
  costSeconds: 2,
  /** Time that each path runs before it counts, in s: until V8 has compiled most of it. */
  costWarmUpSeconds: 5,
  /** Longest time, in s, for every key to be put once. */
  fillSeconds: 30,
  /** Memory of a storage node where it does not matter, in bytes. */
  nodeMemoryBytes: 128 * 1024 ** 2,
} as const;

/** What the figures are hoped to be. */
export const aims = {
  writeGapP50Ms: 2_000,
  writeGapP99Ms: 3_000,
  replicaGapP99Ms: 1_000,
  plannedFailures: 0,
  plannedLongestMs: 250,
  /** Points of a hundred. */
  hitRatioLoss: 1,
  /** Copies that moved, beyond the new node's share, as a part of it. */
  movedBeyondShare: 0.05,
  readsDuringCopy: 2,
  putFactor: 0.6,
  /** Noise of two runs of the same. */
  getFactor: 0.95,
} as const;
