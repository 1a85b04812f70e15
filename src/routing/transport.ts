/**
 * Carries frames to nodes. The routing above decides what to send and what an answer means; a transport only
 * moves bytes, and says honestly whether a failed frame may have reached the node.
 *
 * Lanes are kept on separate connections, so that a read never queues behind a write that waits for a
 * replica, and neither behind a large value.
 */
export const lanes = ['read', 'write', 'bulk_read', 'bulk_write'] as const;
export type Lane = (typeof lanes)[number];
/** Those of large values, each in a frame of its own. */
export type BulkLane = Extract<Lane, `bulk_${string}`>;

export function isBulk(lane: Lane): lane is BulkLane {
  return lane === 'bulk_read' || lane === 'bulk_write';
}

/** A frame that was not answered. `sent` is false only when no byte of it can have left this process. */
export interface TransportFailure {
  readonly sent: boolean;
  readonly reason: string;
}

export interface FrameReceiver {
  onReply(reply: Uint8Array): void;
  onFailure(failure: TransportFailure): void;
}

/** The connections to one node. */
export interface NodeConnection {
  /**
   * Posts a frame. Exactly one method of `receiver` is called once, never synchronously. The frame is given
   * away: the caller does not touch it again.
   */
  send(lane: Lane, frame: Uint8Array, timeoutMs: number, receiver: FrameReceiver): void;
  /** Breaks the connections of a lane: after an answer that cannot be trusted. */
  reset(lane: Lane): void;
  /** Closes everything; frames under way fail. */
  close(): void;
}

export interface Transport {
  connect(url: string): NodeConnection;
  /** Memory for a frame, possibly dirty. */
  allocate(sizeBytes: number): Uint8Array;
  /** Runs the callback at the end of this turn of the event loop, after the requests that are ready now. */
  defer(callback: () => void): void;
}
