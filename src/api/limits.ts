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
  connectionsMax: 16_000,
  /** Headers of one request. */
  headersMax: 100,
  /** Time in which what is left of a refused body is still read, so that the client sees the answer, in ms. */
  lingerMs: 1_000,
  /** Bytes of a refused body that are still read. */
  lingerBytesMax: 16 * 1024 * 1024,
  /** Time between readiness turning false and the listener closing, in ms: proxies look about this often. */
  drainNoticeMs: 500,
  /** Time for the metrics of another process, in ms. */
  processMetricsTimeoutMs: 1_000,
} as const;
