/** Bounds of the links between storage nodes, each with its unit and reason. */
export const linkLimits = {
  /** Gathered messages that leave without waiting for the end of the turn, in bytes: the next ones go in another frame. */
  frameBytes: 1024 * 1024,
  /**
   * A whole frame, in bytes; a longer one is not read. A message larger than `frameBytes` has one of its own. The
   * largest is one entry with an item of the largest size and, as the kept answer to a marked write, another.
   */
  frameBytesMax: 16 * 1024 * 1024,
  /**
   * Bytes that a peer has not read, past which its link is cut: it has been silent long before, and what it has not
   * got is sent again from the log. As much as a node holds uncommitted, so that a healthy peer never comes here.
   */
  unreadBytesMax: 64 * 1024 * 1024,
  /** The same for all peers together; past it the link of the one with the most is cut. */
  unreadBytesMaxAll: 128 * 1024 * 1024,
  /** Time for a connection and its handshake, in ms: zones are milliseconds apart, and a lost first packet is not awaited. */
  dialTimeoutMs: 500,
  /** Pause before a peer is dialled again, in ms; doubles to the max, and starts anew once a link has lived for the max. */
  redialMsMin: 20,
  redialMsMax: 500,
  /** How often a node says how much has come, and looks at how much has gone, in ms: ten times in `quietMs`. */
  receiptMs: 100,
  /**
   * Time without a receipt, with bytes on the way, after which a link is made anew, in ms. The system would find out
   * too, but it doubles its pauses: a cut of ten seconds would be felt for twenty.
   */
  quietMs: 1_000,
  /** Silence after which the system asks whether the other end is still there, in ms: peers with nothing to say are few. */
  keepAliveMs: 30_000,
  /** How long a link that no view asks for any more is kept, in ms: for the last answers about what was moved. */
  lingerMs: 5_000,
} as const;
export type LinkLimits = { readonly [Name in keyof typeof linkLimits]: number };
