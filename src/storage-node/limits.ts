/** Bounds of a storage node, each with its unit and reason. */
export const nodeLimits = {
  /** Largest request frame: one item with a compare value of the same size, and its head. */
  requestFrameBytesMax: 12 * 1024 * 1024,
  /** Answers that may wait for a peer to read them, in bytes, before its frames have to wait. */
  unreadReplyBytesMax: 16 * 1024 * 1024,
  /** Content types interned per process; further ones are kept with each value. */
  contentTypesMax: 4_000,
  /** Part of the node's memory that idempotency records may take; past it a marked write is refused. */
  idempotencyMemoryShare: 1 / 16,
  /** Cost of an idempotency record beside its stored answer, in bytes (map entry, two short strings, object). */
  idempotencyRecordBytes: 256,
  /** Idempotency records dropped per frame at the most, so that no frame pays for a long idle time. */
  idempotencyPrunedPerFrameMax: 64,
  /** Idempotency records dropped, if expired, for each that is made. */
  idempotencyPrunedPerRecord: 2,
  /** Pause between rounds of engine maintenance with nothing left to do, in ms; expired memory is free within 1 s. */
  maintenanceIntervalMs: 100,
  /** Time that a peer may take to send the head of a request, in ms. */
  headersTimeoutMs: 10_000,
  /** Time that a peer may take to send a whole frame, in ms. */
  requestTimeoutMs: 30_000,
  /** Connections to one node: hundreds of gateways with a handful of lanes each. */
  connectionsMax: 4_096,
} as const;
