/**
 * The bytes of what storage nodes say to each other: one frame carries all messages that a turn of the event loop
 * brings for one peer. All integers are little-endian.
 *
 * Goals: each message has exactly one form in bytes, and whatever is not one is a `FrameError` before anybody acts
 * on a part of it. Non-goals: compression.
 *
 * The form of the messages has a number. The two ends of a link tell each other the newest that they know when it is
 * made, and use the older one: a fleet that is upgraded has nodes of two releases. Form 1 has no served epoch.
 *
 * Frame
 *
 *   0      4       8           16         20      32
 *   ┌──────┬───────┬───────────┬──────────┬───────┬───────────┐
 *   │ GWP1 │ bytes │ number    │ messages │ 0     │ messages… │
 *   │ u32  │ u32   │ u64       │ u32      │ 12    │           │
 *   └──────┴───────┴───────────┴──────────┴───────┴───────────┘
 *   `number` counts the frames of a connection from 1.
 *
 * Message
 *
 *   0      1       2      4       8       12      16
 *   ┌──────┬───────┬──────┬───────┬───────┬───────┬───────────┬────────┐
 *   │ kind │ flags │ slot │ bytes │ epoch │ items │ fixed part│ items… │
 *   │ u8   │ u8    │ u16  │ u32   │ u32   │ u32   │ by kind   │        │
 *   └──────┴───────┴──────┴───────┴───────┴───────┴───────────┴────────┘
 *   `bytes` counts the whole message. What a kind has no use for is 0.
 *
 *   kind       fixed part                                             items
 *   append     data epoch u32, session u64, committed u64             entries
 *   ack        session u64, last u64                                  –
 *   refuse     –                                                      –
 *   full       –                                                      –
 *   beacon     id u64                                                 slots (slot and epoch are 0)
 *   promise    id u64                                                 slots, those refused (slot and epoch are 0)
 *   query      data epoch u32, last u64                               –
 *   report     last u64, committed u64, served epoch u32 (form 2)     entries
 *   join       data epoch u32, session u64, committed u64             –
 *   copy       session u64, batch u32; flag 1: final                  parts
 *   copied     session u64, batch u32 (epoch is 0)                    –
 *
 *   entry      sequence u64, hash u32, bytes u32, payload
 *   part       sequence u64, bytes u32, payload
 *   slot       slot u16, epoch u32
 *
 * Receipt: what goes the other way, 8 bytes each: how many bytes of the connection have come, u64.
 */
import type { ReplicationMessage } from '../messages.ts';

export const replicationMagic = 0x31505747;
export const replicationHeaderBytes = 32;
export const messageHeadBytes = 16;
export const entryHeadBytes = 16;
export const partHeadBytes = 12;
export const slotItemBytes = 6;
export const receiptBytes = 8;
/** The one flag there is, of `copy`. */
export const finalFlag = 1;

export type MessageKind = ReplicationMessage['kind'];

export const messageCodes: Readonly<Record<MessageKind, number>> = {
  append: 1,
  ack: 2,
  refuse: 3,
  beacon: 4,
  promise: 5,
  query: 6,
  report: 7,
  join: 8,
  copy: 9,
  copied: 10,
  full: 11,
};
export const kindOfMessageCode: readonly (MessageKind | undefined)[] = [
  undefined,
  ...(Object.keys(messageCodes) as MessageKind[]).sort((a, b) => messageCodes[a] - messageCodes[b]),
];

/** The newest form of messages. */
export const newestForm = 2;

/** Bytes of the fixed part of each kind, behind the head, in the newest form. */
export const fixedBytes: Readonly<Record<MessageKind, number>> = {
  append: 20,
  ack: 16,
  refuse: 0,
  beacon: 8,
  promise: 8,
  query: 12,
  report: 20,
  join: 20,
  copy: 12,
  copied: 12,
  full: 0,
};

/** The same in any form. */
export function fixedBytesOf(kind: MessageKind, form: number): number {
  return kind === 'report' && form === 1 ? 16 : fixedBytes[kind];
}
