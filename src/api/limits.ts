/** Bounds of a gateway's listener, each with its unit and reason. */
export const listenerLimits = {
  /** Time for a request's head to arrive, in ms: slow senders must not hold sockets. */
  headersTimeoutMs: 10_000,
  /** Time for a whole request to arrive, in ms: 5 MiB at 175 KB/s. */
  requestTimeoutMs: 30_000,
  /** How often those two are checked, in ms. */
  timeoutCheckMs: 2_000,
  /** Idle keep-alive, in ms: longer than the 60 s of usual proxies and load balancers, so that they close first. */
  keepAliveMs: 65_000,
  /** Open connections of one gateway process; the machine's descriptors are 20,000 in the smallest case. */
  connectionsMax: 19_500,
  /**
   * Connections that may wait to be accepted: when a gateway goes, thousands of subscribers come to the next at once.
   * Node's 511 made some wait for their second SYN; the system has a bound of its own, 4,096 on Linux.
   */
  backlog: 4_096,
  /** Headers of one request. */
  headersMax: 100,
  /** Time in which what is left of a refused body is still read, so that the client sees the answer, in ms. */
  lingerMs: 1_000,
  /** Bytes of a refused body that are still read. */
  lingerBytesMax: 16 * 1024 * 1024,
  /** An answer of this size and above, in bytes, has to be read. */
  largeAnswerBytes: 64 * 1024,
  /** Time without progress after which an answer that is not read is given up, in ms. */
  unreadAnswerMs: 60_000,
  /** Bytes of a stream that are given to a socket at once: large events leave in slices of this size. */
  streamSliceBytes: 64 * 1024,
  /** Time for a client to read the rest of a stream that has ended, in ms. */
  streamEndMs: 3_000,
  /** Part of a drain's time over which streams end, so that their clients do not all come back in one moment. */
  streamDrainShare: 0.6,
  /** Time between readiness turning false and the listener closing, in ms: proxies look about this often. */
  drainNoticeMs: 500,
  /**
   * A connection without a request stays this long after the listener has closed, in ms: one may be on its way, or its
   * client have no time to read that the connection ends before it uses it again.
   */
  drainLingerMs: 1_000,
  /** Time for the metrics of another process, in ms. */
  processMetricsTimeoutMs: 1_000,
} as const;
