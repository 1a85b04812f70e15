import { FrameError, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../frame/layout.ts';
import { messageFlags, messageHeadBytes, topicKinds, topicMagic } from './link-layout.ts';

/** What a publisher sent. */
export interface TopicPayload {
  readonly text: boolean;
  /** The publisher's name for itself, from its token; '' when it has none. */
  readonly tokenId: string;
  readonly value: Uint8Array;
}

/** A message of a topic as it travels. */
export interface TopicMessageFrame extends TopicPayload {
  /** The node's number of the topic. */
  readonly topic: number;
  readonly page: number;
  readonly sequence: number;
  /** Wall time of publishing, in ms. */
  readonly publishedMs: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The message's frame. `allocate` gives the bytes. */
export function encodeMessage(message: TopicMessageFrame, allocate: (sizeBytes: number) => Uint8Array): Uint8Array {
  const tokenId = message.tokenId === '' ? null : encoder.encode(message.tokenId);
  const tokenBytes = tokenId === null ? 0 : tokenId.length;
  const frame = allocate(messageHeadBytes + tokenBytes + message.value.length);
  writeU32(frame, 0, topicMagic);
  writeU32(frame, 4, frame.length);
  frame[8] = topicKinds.message;
  frame[9] = message.text ? messageFlags.text : 0;
  writeU16(frame, 10, tokenBytes);
  writeU32(frame, 12, message.topic);
  writeU64(frame, 16, message.page);
  writeU64(frame, 24, message.sequence);
  writeU64(frame, 32, message.publishedMs);
  if (tokenId !== null) frame.set(tokenId, messageHeadBytes);
  frame.set(message.value, messageHeadBytes + tokenBytes);
  return frame;
}

/** Reads a message's frame; `value` is a view of it. Raises `FrameError`. */
export function readMessage(frame: Uint8Array): TopicMessageFrame {
  const valueStart = messageHeadBytes + readU16(frame, 10);
  if (frame.length < valueStart) throw new FrameError('topic message cut off');
  return {
    text: (frame[9]! & messageFlags.text) !== 0,
    tokenId: valueStart === messageHeadBytes ? '' : decoder.decode(frame.subarray(messageHeadBytes, valueStart)),
    value: frame.subarray(valueStart),
    topic: readU32(frame, 12),
    page: readU64(frame, 16),
    sequence: readU64(frame, 24),
    publishedMs: readU64(frame, 32),
  };
}
