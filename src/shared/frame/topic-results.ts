/** The values of results on topics: written by the node, read by the gateway. */
import type { OperationResult } from '../operation.ts';
import type { TopicPosition } from '../topics/position.ts';
import { FrameError, readU64, topicPositionBytes, writeU64 } from './layout.ts';

/** What a node tells of a topic. */
export interface TopicReport {
  /** UTF-8 bytes as a binary string: one character per byte, so that order of names is order of bytes. */
  readonly name: string;
  readonly page: number;
  readonly sequence: number;
  readonly subscribers: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function writeTopicPosition(bytes: Uint8Array, at: number, { page, sequence }: TopicPosition): void {
  writeU64(bytes, at, page);
  writeU64(bytes, at + 8, sequence);
}

/** The position that a message got, by the result of `publish` with status `done`. */
export function topicPositionOf(result: OperationResult): TopicPosition {
  const value = result.item?.value;
  if (value?.length !== topicPositionBytes) throw new FrameError('position of another length');
  return { page: readU64(value, 0), sequence: readU64(value, 8) };
}

export function encodeTopicReports(reports: readonly TopicReport[]): Uint8Array {
  return encoder.encode(JSON.stringify(reports));
}

/** What a node told by the result of `topic` (one report) or `topics`. */
export function topicReportsOf(result: OperationResult): readonly TopicReport[] {
  if (result.item === null) throw new FrameError('no report of topics');
  return JSON.parse(decoder.decode(result.item.value)) as TopicReport[];
}
