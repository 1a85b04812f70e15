/** What the links of one node have done since it started. */
export interface LinkCounters {
  framesSent: number;
  messagesSent: number;
  bytesSent: number;
  framesReceived: number;
  messagesReceived: number;
  bytesReceived: number;
  /** Links that this node has opened; all but the first to a peer are reconnects. */
  connects: number;
  /** Opened links that ended, whatever the cause. */
  disconnects: number;
  /** Dials that came to nothing. */
  dialsFailed: number;
  /** Connections that peers have opened to this node. */
  accepted: number;
  /** Requests of peers that meant another life, were out of date, or were malformed. */
  handshakesRefused: number;
  /** Connections closed for bytes that are no frame, or no receipt. */
  framesRefused: number;
  /** Messages to a peer without a link, and those lost when a link was cut before they left. */
  messagesDropped: number;
  /** Links cut because their peer, or all together, had too much unread. */
  cutUnread: number;
  /** Links cut because nothing of what was sent arrived for too long. */
  cutQuiet: number;
}

export function newLinkCounters(): LinkCounters {
  return {
    framesSent: 0,
    messagesSent: 0,
    bytesSent: 0,
    framesReceived: 0,
    messagesReceived: 0,
    bytesReceived: 0,
    connects: 0,
    disconnects: 0,
    dialsFailed: 0,
    accepted: 0,
    handshakesRefused: 0,
    framesRefused: 0,
    messagesDropped: 0,
    cutUnread: 0,
    cutQuiet: 0,
  };
}
