/** Bounds of a gateway's topic streams, each with its unit and reason. */
export const streamLimits = {
  /** `retry` is drawn from this range for each connection, in ms: those cut at once do not come back at once. */
  retryMsMin: 1_000,
  retryMsMax: 10_000,
  /** How often a heartbeat goes out, in seconds; proxies and balancers cut at 55 s of silence and above. */
  heartbeatSecondsDefault: 15,
  heartbeatSecondsMax: 55,
  /** Age at which a stream ends so that another gateway may take it, in ms, and how far each one's differs from it. */
  ageMs: 15 * 60 * 1_000,
  ageJitter: 0.2,
  /** How often streams are looked at for heartbeats, age, expiry and stand-still, in ms. Expiry is this much early. */
  roundMs: 250,
  /** Unsent bytes of one stream past which messages stay in the log until it has read some. */
  unsentBytesSoft: 256 * 1024,
  /**
   * Unsent bytes of one stream past which it is cut. No event is longer: the largest message, 5 MiB, of nothing but
   * line ends is an event of seven times that.
   */
  unsentBytesHard: 48 * 1024 * 1024,
  /**
   * A stream with unsent bytes of which none are seen to leave for this long, in ms, is cut. A kernel's buffer of 4 MiB
   * takes more when a third is free: at 10 s a reader of 130 KB/s would count as standing still, at this one of 22.
   */
  stalledMs: 60_000,
  /** Bytes of messages that live readers are given in one write; in between it is looked at whether they read. */
  batchBytes: 256 * 1024,
  /** Bytes of catching up that are written in one piece, so that its reader is seen to move. */
  pieceBytes: 64 * 1024,
  /** The same in messages: pieces end at multiples of it. */
  pieceMessages: 256,
  /** Such pieces of one topic that are kept encoded, for others who are behind. */
  piecesKept: 16,
  /**
   * Unsent bytes of all streams of a gateway; past it the streams with the most are cut. On Node a quarter of the
   * machine's memory when that is more. What many streams share counts for each of them.
   */
  unsentBytesAll: 256 * 1024 * 1024,
  unsentMemoryShare: 1 / 4,
  /** Copies of logs that a gateway keeps, in bytes; past it the oldest messages go, and are asked for when needed. */
  mirrorBytesMax: 128 * 1024 * 1024,
  /** Part of that memory which is kept when it is full, so that room is made seldom. */
  mirrorKeptShare: 0.9,
  /** Cost of a message in such a copy beside its value, in bytes (object, view, encoded form; measured). */
  mirrorMessageBytes: 400,
  /** Time for which a topic is followed after its last reader left, in ms: readers reconnect and poll again. */
  lingerMs: 30_000,
  /** How often a storage node is told how many read a topic, in ms: it is for statistics. */
  recountMs: 500,
  /**
   * Rest between two rounds of handing out, as a ratio of how long the last one took, and at the most, in ms. A round
   * to 1,000 subscribers takes some 5 ms: 100 messages a second still go out one by one, and on a busy machine, where
   * a round takes longer, two together.
   */
  flushRestRatio: 0.5,
  flushRestMsMax: 20,
  /** Topics that a gateway follows at once; past it a stream is refused as overload. */
  channelsMax: 200_000,
  /** Streams and polls of a gateway; past it they are refused as overload. Descriptors end near 20,000 by default. */
  readersMax: 18_500,
  /** Topics named on one stream. */
  topicsPerStreamMax: 32,
  /** Topics of a prefix whose position an event id tells; of those beyond it a resume says that it may have missed some. */
  positionsPerIdMax: 100,
  /** Topics that one stream may follow by prefix, as a storage node announces them. */
  topicsPerPrefixMax: 1_000,
  /** Time in which a topic's node has to answer a new stream, in ms, before it is told to try again later. */
  joinDeadlineMs: 5_000,
  /** Wait before a broken link or a refused question is tried again, in ms; doubles to the max. */
  retryLinkMsMin: 20,
  retryLinkMsMax: 1_000,
  /**
   * Wait before a node is asked again for the topics of a slot that it does not carry at the moment, in ms; doubles to
   * the max. A planned move is over after some ten ms, and readers shall not notice.
   */
  retryAskMsMin: 10,
  retryAskMsMax: 80,
  /** Time that a long poll waits when it does not say, and at the most, in seconds. */
  waitSecondsDefault: 25,
  waitSecondsMax: 55,
  /** Messages and bytes in one answer of a long poll. */
  pollMessagesMax: 1_000,
  pollBytesMax: 1024 * 1024,
  /** Bytes of answers of polls, of all of them, that wait to be read; past it polls are refused as overload. */
  answerBytesAll: 256 * 1024 * 1024,
  /** What an answer takes for each of its bytes and messages: JSON at the worst is six times as long as a text. */
  pollBytesRatio: 6,
  pollMessageBytes: 256,
} as const;
