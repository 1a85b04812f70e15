/** Bounds of a storage node, each with its unit and reason. */
export const nodeLimits = {
  /** Largest request frame: one item with a compare value of the same size, and its head. */
  requestFrameBytesMax: 12 * 1024 * 1024,
  /** Frames of this size, in bytes, and above are kept in buffers that are used again; smaller ones share Node's pool. */
  largeFrameBytesMin: 4 * 1024,
  /** Such buffers kept for the next frame, in bytes: a buffer for the largest value. */
  spareFrameBytesMax: 8 * 1024 * 1024,
  /**
   * Bytes of frames that came by POST, and of their replies, that may be in the node at once; the next ones wait
   * unread. Three of the largest values: enough for the wire to be busy, and part of what a node may use beside its
   * items.
   */
  postedFrameBytesMax: 16 * 1024 * 1024,
  /** Time without progress after which a posted frame, or its reply, is given up, in ms: the peer has given up too. */
  frameStalledMs: 5_000,
  /** Answers that may wait for a peer to read them, in bytes, before its frames have to wait: one full reply frame. */
  unreadReplyBytesMax: 8 * 1024 * 1024,
  /** The same for all peers together; then a peer's frames wait until it has read what there is for it. */
  unreadRepliesBytesMax: 16 * 1024 * 1024,
  /** Content types interned per process; further ones are kept with each value. */
  contentTypesMax: 4_000,
  /**
   * What idempotency records of the slots that a node leads may take beside the memory for items, as a part of that;
   * past it a marked write is refused. Most nodes never see one, so it is not kept free for them.
   */
  idempotencyMemoryShare: 1 / 16,
  /** Cost of an idempotency record beside its stored answer, in bytes (entries of map and sets, two short strings, object). */
  idempotencyRecordBytes: 300,
  /**
   * How many times its bound a node may take with the records that it keeps as a copy: with two or three copies of each
   * slot, nodes of the same size keep one or two of others for each that they lead.
   */
  idempotencyCopiesFactor: 3,
  /** Idempotency records dropped per frame at the most, so that no frame pays for a long idle time. */
  idempotencyPrunedPerFrameMax: 64,
  /** Idempotency records dropped, if expired, for each that is made. */
  idempotencyPrunedPerRecord: 2,
  /** What topics may take beside the memory for items, as a part of that; past it the oldest messages are dropped. */
  topicMemoryShare: 1 / 8,
  /** What it may take at the least, in bytes: some logs of the default size. */
  topicMemoryBytesMin: 16 * 1024 * 1024,
  /** Part of that memory for topics without their logs: names and counters. The rest is for logs. */
  topicHeadsShare: 0.5,
  /** Part of the memory for logs which is kept when it is full, so that room is made seldom. */
  topicBytesKeptShare: 0.9,
  /** Cost of a topic beside its log, in bytes (measured with 100,000 topics: object, maps, ring, rate). */
  topicBytes: 1_024,
  /** Cost of a retained message beside its frame, in bytes (string, ring entries; measured with 500,000 of them). */
  topicMessageBytes: 200,
  /** Time after which a topic that nobody follows and that holds nothing is forgotten, in ms. */
  topicIdleMs: 10 * 60 * 1_000,
  /** The same when the memory for topics is full. */
  topicCrowdedIdleMs: 10 * 1_000,
  /** Topics looked at in one round of maintenance, or to make room for one message or topic: some 100 µs of work. */
  topicsPerRound: 500,
  /** Pause between rounds of topic maintenance, in ms: 100,000 topics are gone round in 20 s. */
  topicMaintenanceIntervalMs: 100,
  /** Items, or empty places of some, that one step of a pass over all items looks at: well below a millisecond. */
  scanUnits: 2_000,
  /** Such a step is made of pieces of so many, since it is only between them that it can end: items may be large. */
  scanPieceUnits: 8,
  /** Bytes read for copies in one step: a tenth of a millisecond of copying. */
  copyStepBytes: 64 * 1024,
  /** Pause between two such steps, in ms: they take a third of the core at most. */
  scanPauseMs: 1,
  /** Pause before the fleet's state is asked for once more because somebody knows a newer one, in ms. */
  refreshPauseMs: 20,
  /** Time that a node which ends spends on saying so, in ms: its silence says the same a little later. */
  goneReportMsMax: 1_000,
  /** Bytes of one part of a copy beside a large value: parts are gathered into batches of this size. */
  copyPartBytes: 64 * 1024,
  /**
   * Bytes a second that a node reads for copies of its slots: a gigabyte in half a minute. Reads of clients share the
   * core and the links with it.
   */
  copyBytesPerSecond: 32 * 1024 * 1024,
  /** Bytes that may be read ahead for one slot, while its learner takes a batch; the pass over the items waits then. */
  copyAheadBytesMax: 256 * 1024,
  /** The same for all slots together. */
  copyAheadTotalBytesMax: 16 * 1024 * 1024,
  /** Time that the pass waits for a learner that takes nothing, in ms; then it goes on without it, and comes round again. */
  copyStalledMs: 1_000,
  /** Pause between two looks whether a slot is to be read for its learner, in ms. */
  copyPauseMs: 5,
  /**
   * Part of the memory for caches that do not evict which is kept for copies: writes to a slot that has others are refused
   * when less is free. A copy without room for what must not be dropped has to go, and nodes are not equally full: they
   * are up to 8 % apart, and one more of several takes what another had.
   */
  pinnedHeadroom: 1 / 8,
  /**
   * Bytes of results that may wait for the acknowledgement of copies; past it writes are refused as `overloaded`. A
   * second of all that a node can take, as long as a copy that hangs is waited for.
   */
  uncommittedBytesMax: 64 * 1024 * 1024,
  /** Time that an answer to reads may wait for a write to be committed, in ms; then `not_ready`, and the gateway asks again. */
  heldReadMsMax: 100,
  /** Execution of a frame longer than this, in ms, has the leases looked at again: the process may have been paused. */
  leaseCheckMs: 5,
  /** Unread bytes of one topic link past which messages wait in the log; below half of it the link catches up. */
  topicLinkUnreadBytesMax: 8 * 1024 * 1024,
  /** A topic link with unread bytes of which none leave for this long, in ms, is closed: its gateway is gone. */
  topicLinkStalledMs: 15_000,
  /** Pause between rounds of engine maintenance with nothing left to do, in ms; expired memory is free within 1 s. */
  maintenanceIntervalMs: 100,
  /** Time that a peer may take to send the head of a request, in ms. */
  headersTimeoutMs: 10_000,
  /** Time that a peer may take to send a whole frame, in ms. */
  requestTimeoutMs: 30_000,
  /** How often the two above are looked at, in ms. */
  requestCheckMs: 5_000,
  /** Connections to one node: hundreds of gateways with a handful of lanes each. */
  connectionsMax: 4_096,
} as const;
