/** Bounds of `godwit replay` and of its HTTP client, each with its unit and its reason. */
export const replayLimits = {
  /** A line of a trace, in characters; the longest key and a dozen numbers are far below. */
  lineLengthMax: 64 * 1024,
  /** Requests that one row of a trace may stand for; more is no count but a broken column. */
  requestsPerRowMax: 1_000_000,
  /** Requests read ahead for one connection; a hot key fills its connection's queue while the others go on. */
  laneQueueRequestsMax: 1_024,
  /** An answer must come within this time, in ms; the server's own deadline is far shorter. */
  answerTimeoutMs: 30_000,
  /** Head of an answer, in bytes; `node:http` allows as much. */
  answerHeadBytesMax: 16 * 1024,
  /** Body of an answer, in bytes: the answer of the largest batch in base64, with room for its JSON. */
  answerBodyBytesMax: 64 * 1024 * 1024,
  /** Bytes read from a socket at once; one buffer of this size per connection, used again and again. */
  readBufferBytes: 64 * 1024,
  /** Failed connections in a row after which there is no server any more, and the replay ends. */
  connectionFailuresMax: 200,
  /** Kinds of errors told apart; what comes past them is counted together. */
  errorKindsMax: 32,
  /** Time between two drawings of the progress bar, in ms: smooth for an eye, nothing for a core. */
  progressIntervalMs: 200,
} as const;
