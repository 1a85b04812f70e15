/**
 * The topic link: the frames of one connection between a gateway and a storage node on which all topics that the
 * gateway follows there travel. A message is written once for each gateway, in the same bytes for all of them,
 * which is why a topic is named by a number of the node and not of the link.
 *
 * The link is ordered, and the node answers a `join` in one step of its own: the `joined` frame, the messages asked
 * for, and from there on every message as it is published. So nothing is missed or doubled between log and live.
 * All integers are little-endian; every frame begins with magic, length and kind, and has at least 32 bytes.
 *
 * Gateway → node
 *
 *   0      4       8      9     10      12       16     24         32      36
 *   ┌──────┬───────┬──────┬─────┬───────┬────────┬──────┬──────────┬───────┬──────┬──────┐
 *   │ GWS1 │ bytes │ kind │from │ name  │ number │ page │ sequence │ space │ hash │ name │
 *   │ u32  │ u32   │ u8   │ u8  │bytes16│ u32    │ u64  │ u64      │ u32   │ u32  │  …   │
 *   └──────┴───────┴──────┴─────┴───────┴────────┴──────┴──────────┴───────┴──────┴──────┘
 *   join: number = the gateway's for this question, echoed; `from` as in `joinFrom`; sequence = how many, for `tail`
 *   leave: number = the topic's · count: number = the topic's, sequence = its subscribers at this gateway
 *   watch: number = the gateway's for this prefix, name = the prefix · unwatch: number = the same
 *
 * Node → gateway
 *
 *   0      4       8      9      10      12      16     24         32            40
 *   ┌──────┬───────┬──────┬──────┬───────┬───────┬──────┬──────────┬─────────────┬──────────┬───────┐
 *   │ GWT1 │ bytes │ kind │flags │ token │ topic │ page │ sequence │ published   │ token id │ value │
 *   │ u32  │ u32   │ u8   │ u8   │bytes16│ u32   │ u64  │ u64      │ ms u64      │  …       │  …    │
 *   └──────┴───────┴──────┴──────┴───────┴───────┴──────┴──────────┴─────────────┴──────────┴───────┘
 *   message: as drawn; flag 1: text
 *   joined: sequence = the newest, then u64 first sequence kept, u64 the node's wall time in ms, u32 number of the
 *           question, u32 how many of the messages that follow at once belong to the answer
 *   position: sequence = the newest: everything up to it that did not come is lost for this link
 *   announced: a topic that a watched prefix selects; sequence = the newest; then u32 number of the prefix, u16 name bytes, name
 *   watched: topic = number of the prefix: all topics that there were have been announced
 *   refused: topic = number of the question or prefix, flags = the reason · ended: topic, flags = the reason · alive
 */
export const subscribeMagic = 0x31535747;
export const topicMagic = 0x31545747;

/** Bytes of the fixed part of both directions' frames. */
export const subscribeHeadBytes = 40;
export const messageHeadBytes = 40;
export const joinedBytes = 56;
export const announcedHeadBytes = 40;
/** Frames that tell nothing beyond their head. */
export const shortFrameBytes = 32;

export const subscribeKinds = { join: 1, leave: 2, watch: 3, unwatch: 4, count: 5 } as const;
export const topicKinds = {
  message: 1,
  joined: 2,
  position: 3,
  announced: 4,
  watched: 5,
  refused: 6,
  ended: 7,
  alive: 8,
} as const;
export const messageFlags = { text: 1 } as const;

/** From where a join wants the log: nothing of it, all of it, the last `sequence` messages, or those after a position. */
export const joinFrom = { latest: 0, earliest: 1, tail: 2, after: 3 } as const;

/**
 * Why a node does not carry a topic: it does not serve the slot, does not know the cache yet, has no room, or is the
 * slot's primary and may not serve it at this moment. Their codes count from 1 without a gap.
 */
export const refusalReasons = { moved: 1, behind: 2, full: 3, not_ready: 4 } as const;

/** Names of the connection: the protocol in `Upgrade`, and the path that it is asked for at. */
export const topicLinkProtocol = 'godwit-topics';
export const topicLinkPath = '/internal/v1/topics';
