/** Sizes and bounds of the topics bench, each with its unit and its reason. */
export const topicsLimits = {
  /** Subscribers of the one topic that a fan-out goes to. */
  fanOutSubscribers: [100, 1_000, 5_000],
  /** Connections that publish without a pause, each its next message once the last is answered. */
  publisherConnections: 64,
  /** Messages of one request in the row with batches. */
  batchMessages: 16,
  /** The fixed rate of the latency part: messages a second, and subscribers of each. */
  pacedMessagesPerSecond: 100,
  pacedSubscribers: 1_000,
  pacedConnections: 4,
  /** Idle subscribers whose memory is weighed, and the topics that they spread over. */
  idleSubscribers: 10_000,
  idleTopics: 100,
  /** Subscribers that must be able to connect: a process of ours may open 20,000 descriptors. */
  manySubscribers: 18_000,
  /** Subscribers that come back at once. */
  stormSubscribers: 10_000,
  /** Messages a second, over all topics, while they are away. */
  stormMessagesPerSecond: 50,
  /** GETs a second beside the storm, and over how many connections: few, so that they cost next to nothing. */
  getsPerSecond: 200,
  getConnections: 4,
  /** Length of the GETs before the storm that those during it are compared with, in ms. */
  getsBeforeMs: 4_000,
  /** Connections of the load that publishes and that of PUTs. */
  loadConnections: 64,
  /** Topics of the row that publishes to many. */
  loadTopics: 100,
  /** Connections that a subscriber process opens at once: a listener's queue is short. Not heeded in the storm. */
  connectingMax: 128,
  /** One subscriber of so many has every byte of its messages compared; of the others order and form. */
  checkedInFullEvery: 50,
  /** Subscribers of one client process in the parts with more than one process; bounded by its descriptors. */
  subscribersPerProcess: 6_000,
  /** Bytes read from a socket at once; one buffer for all sockets of a process. */
  readBufferBytes: 256 * 1024,
  /** An event may be as long as this, in bytes; longer is no event of this bench. */
  eventBytesMax: 64 * 1024,
  /** Time for all subscribers to connect, in ms. */
  connectTimeoutMs: 60_000,
  /** Pause between the last subscriber's head and the first message, in ms, for subjects that tell no position. */
  joinPauseMs: 300,
  /** Once publishing has ended: without a delivery for so long, in ms, nothing more will come. */
  quietMs: 1_000,
  /** Once publishing has ended: longest wait for the last delivery, in ms. */
  settleTimeoutMs: 30_000,
  /** How long the storm may take until it counts as failed, in ms. */
  stormTimeoutMs: 90_000,
  /** A reconnect whose attempt failed is tried again after this time, in ms, unless the stream said another. */
  retryMs: 1_000,
  /** How long resident memory is watched until it settles, in ms; heartbeats of 15 s are among it. */
  memorySettleMs: 20_000,
  /** Memory of nchan's log, in MiB; enough for 1,000 messages in each topic of the bench. */
  nchanMemoryMib: 512,
  /** What a subject keeps of a topic, as Godwit's caches do by default. */
  retainedMessages: 1_000,
  retainedSeconds: 60,
  /** Bytes that the bare loop lets wait for a subscriber; beyond them it skips messages. */
  bareLoopBufferBytes: 1024 * 1024,
} as const;

/** What the figures are hoped to be. */
export const aims = {
  /** Deliveries a second to nchan's, with 1,000 and 5,000 subscribers. */
  deliveriesToNchan: 4,
  /** p99 from publish to delivery, to nchan's, at the fixed rate. */
  latencyToNchan: 1,
  /** Resident bytes of a gateway for each idle subscriber. */
  idleBytes: 15 * 1024,
  /** Time of the storm, in s. */
  stormSeconds: 30,
  /** Messages a second by single publishes, to PUTs a second. */
  publishToPut: 0.7,
} as const;
