/** Bounds of the link to etcd; times in milliseconds. */
export const etcdLimits = {
  /** Servers of one cluster: etcd recommends up to seven members, and a proxy or two may be named beside them. */
  endpointsMax: 9,
  /** A server near enough for a cluster of one control plane connects in a few milliseconds. */
  connectTimeoutMs: 500,
  /** One attempt of a call that may be sent again: above etcd's own election (1 s) most are answered in 10 ms. */
  attemptTimeoutMs: 1_000,
  /** Whole time of a call that may be sent again, over all servers. */
  callDeadlineMs: 3_000,
  /**
   * A transaction is sent once and waited for: an election among the servers delays it by 1 to 2 s, and past the
   * leader's lease its outcome does not matter any more.
   */
  transactTimeoutMs: 2_500,
  /** A renewal that is not answered soon is better sent to another server while the lease lasts. */
  renewAttemptTimeoutMs: 500,
  renewDeadlineMs: 1_000,
  /** Pauses once every server has failed. */
  backoffMsMin: 20,
  backoffMsMax: 500,
  /** Kept-alive connections to one server: the leader's transactions, a renewal, a few reads, and a watch. */
  connectionsPerEndpoint: 8,
  /** Below what proxies and etcd's HTTP server close by themselves. */
  keepAliveMs: 30_000,
  /** Entries in one page of a list. */
  listPageEntries: 500,
  /** One answer: a page of entries as JSON and base64; entries near the size limit are few (views). */
  answerBytesMax: 64 * 1024 * 1024,
  /** One message of a watch: the events of one transaction with a value of the largest size, as JSON and base64. */
  watchMessageBytesMax: 4 * 1024 * 1024,
  /**
   * A watch lists its entries anew this often, whatever its stream says: the longest that a change stays unseen when
   * a stream has gone silent. etcd's own progress messages come every 10 minutes, too late to tell.
   */
  relistMs: 2_000,
  /** A stream that has not told of a change this long after a list showed it has gone silent, and is opened anew. */
  silenceMs: 1_000,
  /** Messages of a stream within this are one reason to list. */
  gatherMs: 5,
} as const;
