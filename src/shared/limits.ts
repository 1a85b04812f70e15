/**
 * Every limit of the public API and of the hop between the tiers, each with its unit and its reason.
 * `docs/configuration.md` prints this table; a test holds the two together.
 */
export const limits = {
  /** Key and value together. Momento's 5 MB item (5,000,000 bytes) works; 5,300,000 does not. */
  itemSizeBytesMax: 5 * 1024 * 1024,
  /** A percent-encoded key of this size and a token of `tokenBytesMax` fit one 16 KiB request head. */
  keySizeBytesMax: 2_048,
  keySizeBytesMin: 1,
  /** Smallest bound that a cache may set for its values: the longest signed 64-bit counter always fits. */
  valueSizeBytesMaxMin: 20,
  /** RFC 9110 sets no bound; this one fits the one-byte length of the record. */
  contentTypeBytesMax: 255,
  ttlMsMin: 1,
  /** 30 days: an item's expiry is kept in 32 bits of milliseconds, relative to its segment (49.7 days). */
  ttlMsMax: 30 * 24 * 3_600 * 1_000,
  /** TTL of a cache that names none: a day, the longest that Momento gives on demand. */
  ttlMsDefault: 24 * 3_600 * 1_000,
  /** Names travel in paths, labels and logs, so they stay within URL-unreserved characters and ':'. */
  cacheNameLengthMax: 128,
  cachesPerAccountMax: 10_000,
  /** Caches of a fleet that may have a share of its memory: each has open segments of its own on every node. */
  cachesWithShareMax: 32,
  /** Sum of these shares: what is left serves all other caches, the table of keys, and the copying of segments. */
  memoryShareSumMax: 0.75,
  /** Messages that a topic may keep for those who come back: a screen's reconnects need far fewer. */
  topicMessagesMaxDefault: 1_000,
  topicMessagesMaxMax: 10_000,
  /** How long a topic keeps them, in ms: over a client's reconnects; an hour is no longer a cache's affair. */
  topicRetentionMsDefault: 60_000,
  topicRetentionMsMax: 3_600_000,
  /** Bytes of one topic's kept messages: they come out of a node's memory for topics. */
  topicLogBytesMaxDefault: 1024 * 1024,
  topicLogBytesMaxMax: 16 * 1024 * 1024,
  /** A message; a cache may set up to `itemSizeBytesMax`. Every subscriber gets it, so that most want it small. */
  topicMessageBytesMaxDefault: 1024 * 1024,
  /** Largest `min_in_sync` of a cache: a fleet keeps at most a copy in each of three zones. */
  minInSyncMax: 3,
  /** Hundreds of keys in one request are the use; a thousand keeps one answer within a turn or two. */
  batchItemsMax: 1_000,
  /** A request body of a batch, in bytes: three of the largest items in base64. */
  batchBodyBytesMax: 24 * 1024 * 1024,
  /** Values in the answer of one batch, in bytes; items past it say so and are read by themselves. */
  batchAnswerBytesMax: 32 * 1024 * 1024,
  /** A request body of any other JSON call, in bytes. */
  jsonBodyBytesMax: 64 * 1024,
  /** Nesting of JSON and CBOR bodies: the deepest schema needs 6. */
  bodyDepthMax: 32,
  /** ETags in one `If-Match` or `If-None-Match`; more is no list that a client means. */
  etagsPerConditionMax: 64,
  idempotencyKeyLengthMax: 255,
  /** How long an idempotency record answers a retry: a client's retries and a Lambda's two repeats. */
  idempotencyWindowMs: 10 * 60 * 1_000,
  /** A token's text; a verified token costs memory for as long as it is cached. */
  tokenBytesMax: 8 * 1024,
  /** Matches `node:http`'s default; a request line and its headers together. */
  requestHeadBytesMax: 16 * 1024,
} as const;

/** Bounds of the gateway → node hop. */
export const hopLimits = {
  /** One operation's whole time inside the fleet, in ms, retries included (DESIGN: failover heals in 3 s). */
  deadlineMs: 5_000,
  /** Operations in one frame: keeps one frame's execution under about a millisecond. */
  frameOperationsMax: 512,
  /** Bytes of gathered operations in one frame; an operation over `ownFrameBytes` travels alone. */
  frameBytesMax: 1024 * 1024,
  /** A value this large travels in a frame of its own on the bulk connections (DESIGN §4). */
  ownFrameBytes: 64 * 1024,
  /** Bytes of results in one reply frame; a result past it is answered `deferred` and asked for alone. */
  replyBytesMax: 8 * 1024 * 1024,
  /** A whole reply frame; more than this is not read. The results, then one more of the largest size and its head. */
  replyFrameBytesMax: 16 * 1024 * 1024,
  /**
   * Operations that may wait in one lane of one node; past it the answer is 503 before any work. What a gateway is
   * asked of one node of three in the 1.3 s until the fleet notices that it stands still.
   */
  laneQueueOperationsMax: 16_384,
  /** Bytes that may wait in one lane of one node. */
  laneQueueBytesMax: 64 * 1024 * 1024,
  /**
   * Operations that may wait for another attempt, of all nodes together; past it the answer is 503. A gateway carries
   * some 25,000 operations a second, a third of them for one node of three, which a failover puts off for 3 s.
   */
  retryingOperationsMax: 32_768,
  /** Bytes that may wait for another attempt: 4 KiB for each of these. */
  retryingBytesMax: 128 * 1024 * 1024,
  /** Operations of one slot that are tried at once when it gets another primary; the others when one was served. */
  slotProbesOnChange: 4,
  /** Operations that one that was served lets go: more than ever wait for a slot, unless all of the traffic is on it. */
  slotReleaseMax: 512,
  /**
   * Lanes for writes to one node, among which its slots are divided by where their other copies are. With three nodes
   * two are used; more than a few would leave too little to gather.
   */
  writeLanes: 4,
  /** Frames on the wire for one lane and node. Few, so that what waits gathers into the next one. */
  laneFramesInFlightMax: 4,
  /**
   * A further frame leaves beside one that is on the wire only when this many operations wait, or the oldest has
   * waited this long (ms): half-empty frames cost both sides more than the wait. On one machine an answer is back
   * sooner than that; between zones the lane is not held up by the distance.
   */
  laneFurtherFrameOperations: 64,
  laneFurtherFrameWaitMs: 1,
  /** Connections for frames of their own, to one node: for reads, and for each lane of writes. */
  bulkConnectionsMax: 4,
  /** Topics that one node tells of in one result: a page of a list, and one more to know whether others follow. */
  topicReportsMax: 1_001,
  /** Idle keep-alive of the gateway's connections; below the node's, so that the node never closes first. */
  clientKeepAliveMs: 25_000,
  serverKeepAliveMs: 65_000,
  connectTimeoutMs: 300,
  /** First wait before asking again after `moved`, `behind` or a refused connection; doubles to the max. */
  retryDelayMsMin: 5,
  retryDelayMsMax: 200,
  /** The max for a slot whose node says that it is about to serve it: a planned move has to go unnoticed. */
  notReadyDelayMsMax: 40,
} as const;

/** `Retry-After` of an overload answer, in seconds. */
export const retryAfterSeconds = 1;
