/**
 * Carries the frames of topic links (`shared/topics/link-layout.ts`) to storage nodes and back. The hub above
 * decides what to say; a transport moves bytes and says when a link is over.
 */
export interface LinkTransport {
  /** Opens a link to the node with this internal URL. Never calls back before it returns. */
  open(url: string, receiver: LinkReceiver): LinkConnection;
}

export interface LinkConnection {
  /** Sends a frame; what comes before the link is open waits for it. */
  send(frame: Uint8Array): void;
  close(): void;
}

export interface LinkReceiver {
  onOpen(): void;
  /** Takes bytes as they come; raises for what is no frame, after which the transport closes the link. */
  onData(chunk: Uint8Array): void;
  /** The link is over; once, and not after `close`. */
  onClose(): void;
}
