import { FrameError, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../frame/layout.ts';
import {
  announcedHeadBytes,
  joinedBytes,
  joinFrom,
  messageHeadBytes,
  refusalReasons,
  shortFrameBytes,
  subscribeHeadBytes,
  subscribeKinds,
  subscribeMagic,
  topicKinds,
  topicMagic,
} from './link-layout.ts';
import { readMessage, type TopicMessageFrame } from './message-frame.ts';
import type { TopicPosition } from './position.ts';

export type JoinFrom = keyof typeof joinFrom;
export type RefusalReason = keyof typeof refusalReasons;

/** What a gateway says on a topic link. Names are UTF-8 bytes as binary strings. */
export type SubscribeFrame =
  | {
      readonly kind: 'join';
      readonly question: number;
      readonly space: number;
      readonly hash: number;
      readonly name: string;
      readonly from: JoinFrom;
      readonly position: TopicPosition;
    }
  | { readonly kind: 'leave'; readonly topic: number }
  | { readonly kind: 'count'; readonly topic: number; readonly subscribers: number }
  | { readonly kind: 'watch'; readonly watch: number; readonly space: number; readonly prefix: string }
  | { readonly kind: 'unwatch'; readonly watch: number };

/** What a node says on a topic link. */
export type TopicFrame =
  | { readonly kind: 'message'; readonly message: TopicMessageFrame }
  | {
      readonly kind: 'joined';
      readonly question: number;
      readonly topic: number;
      readonly page: number;
      readonly lastSequence: number;
      readonly firstSequence: number;
      /** The node's wall time, in ms, by which the age of messages is told. */
      readonly nowMs: number;
      /** Messages that follow at once and belong to the answer. */
      readonly count: number;
    }
  | { readonly kind: 'position'; readonly topic: number; readonly page: number; readonly lastSequence: number }
  | {
      readonly kind: 'announced';
      readonly watch: number;
      readonly topic: number;
      readonly name: string;
      readonly page: number;
      readonly lastSequence: number;
    }
  | { readonly kind: 'watched'; readonly watch: number }
  | { readonly kind: 'refused'; readonly question: number; readonly reason: RefusalReason }
  | { readonly kind: 'ended'; readonly topic: number; readonly reason: RefusalReason }
  | { readonly kind: 'alive' };

const joinFromOfCode = Object.keys(joinFrom) as JoinFrom[];
const reasonOfCode = [undefined, ...(Object.keys(refusalReasons) as RefusalReason[])];
const nothing: TopicPosition = { page: 0, sequence: 0 };

export function encodeSubscribe(frame: SubscribeFrame): Uint8Array {
  switch (frame.kind) {
    case 'join': {
      const bytes = subscribeFrame(subscribeKinds.join, frame.question, frame.name, frame.position);
      bytes[9] = joinFrom[frame.from];
      writeU32(bytes, 32, frame.space);
      writeU32(bytes, 36, frame.hash);
      return bytes;
    }
    case 'leave':
      return subscribeFrame(subscribeKinds.leave, frame.topic, '', nothing);
    case 'count':
      return subscribeFrame(subscribeKinds.count, frame.topic, '', { page: 0, sequence: frame.subscribers });
    case 'watch': {
      const bytes = subscribeFrame(subscribeKinds.watch, frame.watch, frame.prefix, nothing);
      writeU32(bytes, 32, frame.space);
      return bytes;
    }
    case 'unwatch':
      return subscribeFrame(subscribeKinds.unwatch, frame.watch, '', nothing);
  }
}

function subscribeFrame(kind: number, number: number, name: string, position: TopicPosition): Uint8Array {
  const bytes = new Uint8Array(subscribeHeadBytes + name.length);
  writeU32(bytes, 0, subscribeMagic);
  writeU32(bytes, 4, bytes.length);
  bytes[8] = kind;
  writeU16(bytes, 10, name.length);
  writeU32(bytes, 12, number);
  writeU64(bytes, 16, position.page);
  writeU64(bytes, 24, position.sequence);
  writeBinary(bytes, subscribeHeadBytes, name);
  return bytes;
}

/** Raises `FrameError` for what is no frame of this direction. */
export function readSubscribe(bytes: Uint8Array): SubscribeFrame {
  if (bytes.length < subscribeHeadBytes) throw new FrameError('subscribe frame cut off');
  const name = readBinary(bytes, subscribeHeadBytes, readU16(bytes, 10));
  if (subscribeHeadBytes + name.length !== bytes.length) throw new FrameError('subscribe frame of another length');
  const number = readU32(bytes, 12);
  const position = { page: readU64(bytes, 16), sequence: readU64(bytes, 24) };
  switch (bytes[8]) {
    case subscribeKinds.join: {
      const from = joinFromOfCode[bytes[9]!];
      if (from === undefined) throw new FrameError('unknown start');
      return {
        kind: 'join',
        question: number,
        space: readU32(bytes, 32),
        hash: readU32(bytes, 36),
        name,
        from,
        position,
      };
    }
    case subscribeKinds.leave:
      return { kind: 'leave', topic: number };
    case subscribeKinds.count:
      return { kind: 'count', topic: number, subscribers: position.sequence };
    case subscribeKinds.watch:
      return { kind: 'watch', watch: number, space: readU32(bytes, 32), prefix: name };
    case subscribeKinds.unwatch:
      return { kind: 'unwatch', watch: number };
    default:
      throw new FrameError('unknown subscribe frame');
  }
}

/** A frame of the node but `message`, which `encodeMessage` makes. */
export function encodeTopicFrame(frame: Exclude<TopicFrame, { kind: 'message' }>): Uint8Array {
  switch (frame.kind) {
    case 'joined': {
      const bytes = topicFrame(topicKinds.joined, joinedBytes, frame.topic, frame.page, frame.lastSequence);
      writeU64(bytes, 32, frame.firstSequence);
      writeU64(bytes, 40, frame.nowMs);
      writeU32(bytes, 48, frame.question);
      writeU32(bytes, 52, frame.count);
      return bytes;
    }
    case 'position':
      return topicFrame(topicKinds.position, shortFrameBytes, frame.topic, frame.page, frame.lastSequence);
    case 'announced': {
      const length = announcedHeadBytes + frame.name.length;
      const bytes = topicFrame(topicKinds.announced, length, frame.topic, frame.page, frame.lastSequence);
      writeU32(bytes, 32, frame.watch);
      writeU16(bytes, 36, frame.name.length);
      writeBinary(bytes, announcedHeadBytes, frame.name);
      return bytes;
    }
    case 'watched':
      return topicFrame(topicKinds.watched, shortFrameBytes, frame.watch, 0, 0);
    case 'refused':
    case 'ended': {
      const number = frame.kind === 'refused' ? frame.question : frame.topic;
      const bytes = topicFrame(topicKinds[frame.kind], shortFrameBytes, number, 0, 0);
      bytes[9] = refusalReasons[frame.reason];
      return bytes;
    }
    case 'alive':
      return topicFrame(topicKinds.alive, shortFrameBytes, 0, 0, 0);
  }
}

function topicFrame(kind: number, length: number, topic: number, page: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(length);
  writeU32(bytes, 0, topicMagic);
  writeU32(bytes, 4, length);
  bytes[8] = kind;
  writeU32(bytes, 12, topic);
  writeU64(bytes, 16, page);
  writeU64(bytes, 24, sequence);
  return bytes;
}

/** Bytes that each kind has at the least. */
const lengthMin = new Map<number, number>([
  [topicKinds.message, messageHeadBytes],
  [topicKinds.joined, joinedBytes],
  [topicKinds.announced, announcedHeadBytes],
]);

/** Raises `FrameError` for what is no frame of this direction. A message's value is a view of `bytes`. */
export function readTopicFrame(bytes: Uint8Array): TopicFrame {
  const kind = bytes[8]!;
  if (bytes.length < (lengthMin.get(kind) ?? shortFrameBytes)) throw new FrameError('topic frame cut off');
  const topic = readU32(bytes, 12);
  switch (kind) {
    case topicKinds.message:
      return { kind: 'message', message: readMessage(bytes) };
    case topicKinds.joined:
      return {
        kind: 'joined',
        topic,
        page: readU64(bytes, 16),
        lastSequence: readU64(bytes, 24),
        firstSequence: readU64(bytes, 32),
        nowMs: readU64(bytes, 40),
        question: readU32(bytes, 48),
        count: readU32(bytes, 52),
      };
    case topicKinds.position:
      return { kind: 'position', topic, page: readU64(bytes, 16), lastSequence: readU64(bytes, 24) };
    case topicKinds.announced:
      return {
        kind: 'announced',
        topic,
        page: readU64(bytes, 16),
        lastSequence: readU64(bytes, 24),
        watch: readU32(bytes, 32),
        name: readBinary(bytes, announcedHeadBytes, readU16(bytes, 36)),
      };
    case topicKinds.watched:
      return { kind: 'watched', watch: topic };
    case topicKinds.refused:
      return { kind: 'refused', question: topic, reason: reasonOf(bytes) };
    case topicKinds.ended:
      return { kind: 'ended', topic, reason: reasonOf(bytes) };
    case topicKinds.alive:
      return { kind: 'alive' };
    default:
      throw new FrameError('unknown topic frame');
  }
}

function reasonOf(bytes: Uint8Array): RefusalReason {
  const reason = reasonOfCode[bytes[9]!];
  if (reason === undefined) throw new FrameError('unknown reason');
  return reason;
}

function writeBinary(bytes: Uint8Array, start: number, text: string): void {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
}

function readBinary(bytes: Uint8Array, start: number, length: number): string {
  if (start + length > bytes.length) throw new FrameError('name cut off');
  let text = '';
  for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
