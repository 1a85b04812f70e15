/**
 * The bytes of a result, as copies apply it and logs keep it, and of the parts of a copy. A result says what is there
 * afterwards, not what was asked, so that to apply it twice is the same as once. TTLs and ages are told relative to
 * the moment of encoding: every node counts on by its own clock.
 *
 *   0      1       2       4          8
 *   ┌──────┬───────┬───────┬──────────┬──────────────────────────┬──────────┬───────────────────┐
 *   │ kind │ flags │ name  │ number   │ [record, when flag 1]    │ name     │ body by kind      │
 *   │ u8   │ u8    │bytes16│ u32      │                          │ …        │                   │
 *   └──────┴───────┴───────┴──────────┴──────────────────────────┴──────────┴───────────────────┘
 *   record: an idempotency mark's id 16, fingerprint 16, remaining ms u32, result length u32, result
 *   put: number = namespace, name = key; ttl ms u32, content type u8 + bytes, value · remove: the same names, no body
 *   publish: number = topic space, name = topic; the message's frame (`shared/topics`), whose topic number means nothing
 *   forget: a topic is given up; pages given up of its slot u32 · pages: that number alone
 *   topic: a part of a topic's log: page u64, newest of the page u64, newest of this part u64, how many u32, and
 *          of each, newest first: age ms u32, frame length u32, frame
 *   none: nothing changed; for entries that only carry a record
 */
import { FrameError, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../../shared/frame/layout.ts';
import { latin1 } from '../content-types.ts';
import { copyBytes } from '../engine/copy-bytes.ts';

/** The first answer to a marked write. */
export interface MarkRecord {
  readonly id: Uint8Array;
  readonly fingerprint: Uint8Array;
  readonly remainingMs: number;
  readonly result: Uint8Array;
}

/** Where a key lies: a view of it would cost more than all else about a small item. */
interface KeyRange {
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
}

export interface PutEffect extends KeyRange {
  readonly kind: 'put';
  readonly namespace: number;
  readonly ttlMs: number;
  /** As text, '' for octet-stream: a process's numbers of content types are its own. */
  readonly contentType: string;
  /** Where the value lies. */
  readonly valueBytes: Uint8Array;
  readonly valueStart: number;
  readonly valueLength: number;
}
export interface RemoveEffect extends KeyRange {
  readonly kind: 'remove';
  readonly namespace: number;
}
export interface PublishEffect {
  readonly kind: 'publish';
  readonly space: number;
  readonly name: string;
  readonly frame: Uint8Array;
}
export interface ForgetEffect {
  readonly kind: 'forget';
  readonly space: number;
  readonly name: string;
  readonly pagesGiven: number;
}
export interface TopicPart {
  readonly kind: 'topic';
  readonly space: number;
  readonly name: string;
  readonly page: number;
  readonly lastSequence: number;
  /** Number of the first of `messages`, which are newest first and have no gap. */
  readonly newest: number;
  readonly messages: readonly { readonly ageMs: number; readonly frame: Uint8Array }[];
}
export interface PagesPart {
  readonly kind: 'pages';
  readonly pagesGiven: number;
}
export type Effect =
  | PutEffect
  | RemoveEffect
  | PublishEffect
  | ForgetEffect
  | TopicPart
  | PagesPart
  | { readonly kind: 'none' };

const kinds: readonly Effect['kind'][] = ['none', 'put', 'remove', 'publish', 'forget', 'topic', 'pages'];
const codes = Object.fromEntries(kinds.map((kind, code) => [kind, code])) as Record<Effect['kind'], number>;
const recordFlag = 1;
const headBytes = 8;
const recordHeadBytes = 40;
const topicHeadBytes = 28;
const topicMessageHeadBytes = 8;

export const noEffect: Effect = { kind: 'none' };

export function encodeEffect(effect: Effect, record: MarkRecord | null): Uint8Array {
  const nameBytes = nameBytesOf(effect);
  const recordBytes = record === null ? 0 : recordHeadBytes + record.result.length;
  const nameStart = headBytes + recordBytes;
  const bodyStart = nameStart + nameBytes;
  const bytes = Buffer.allocUnsafe(bodyStart + bodyBytes(effect));
  bytes[0] = codes[effect.kind];
  bytes[1] = record === null ? 0 : recordFlag;
  writeU16(bytes, 2, nameBytes);
  writeU32(bytes, 4, numberOf(effect));
  if (record !== null) writeRecord(bytes, headBytes, record);
  if ('keyBytes' in effect) copyBytes(effect.keyBytes, effect.keyStart, bytes, nameStart, effect.keyLength);
  else if ('name' in effect) bytes.write(effect.name, nameStart, 'latin1');
  writeBody(bytes, bodyStart, effect);
  return bytes;
}

function nameBytesOf(effect: Effect): number {
  if ('keyBytes' in effect) return effect.keyLength;
  return 'name' in effect ? effect.name.length : 0;
}

function numberOf(effect: Effect): number {
  if ('namespace' in effect) return effect.namespace;
  return 'space' in effect ? effect.space : 0;
}

function writeRecord(bytes: Uint8Array, at: number, { id, fingerprint, remainingMs, result }: MarkRecord): void {
  bytes.set(id, at);
  bytes.set(fingerprint, at + 16);
  writeU32(bytes, at + 32, remainingMs);
  writeU32(bytes, at + 36, result.length);
  bytes.set(result, at + recordHeadBytes);
}

function bodyBytes(effect: Effect): number {
  switch (effect.kind) {
    case 'none':
    case 'remove':
      return 0;
    case 'put':
      return 5 + effect.contentType.length + effect.valueLength;
    case 'publish':
      return effect.frame.length;
    case 'forget':
    case 'pages':
      return 4;
    case 'topic':
      return effect.messages.reduce((sum, { frame }) => sum + topicMessageBytes(frame.length), topicHeadBytes);
  }
}

/** Bytes that a message of so many takes in a part of a topic. */
export function topicMessageBytes(frameBytes: number): number {
  return topicMessageHeadBytes + frameBytes;
}

function writeBody(bytes: Buffer, start: number, effect: Effect): void {
  switch (effect.kind) {
    case 'none':
    case 'remove':
      return;
    case 'put': {
      const { ttlMs, contentType, valueBytes, valueStart, valueLength } = effect;
      writeU32(bytes, start, ttlMs);
      bytes[start + 4] = contentType.length;
      if (contentType !== '') bytes.write(contentType, start + 5, 'latin1');
      copyBytes(valueBytes, valueStart, bytes, start + 5 + contentType.length, valueLength);
      return;
    }
    case 'publish':
      bytes.set(effect.frame, start);
      return;
    case 'forget':
    case 'pages':
      writeU32(bytes, start, effect.pagesGiven);
      return;
    case 'topic': {
      writeU64(bytes, start, effect.page);
      writeU64(bytes, start + 8, effect.lastSequence);
      writeU64(bytes, start + 16, effect.newest);
      writeU32(bytes, start + 24, effect.messages.length);
      let at = start + topicHeadBytes;
      for (const { ageMs, frame } of effect.messages) {
        writeU32(bytes, at, ageMs);
        writeU32(bytes, at + 4, frame.length);
        bytes.set(frame, at + topicMessageHeadBytes);
        at += topicMessageBytes(frame.length);
      }
      return;
    }
  }
}

/** Reads what `encodeEffect` wrote; arrays are `bytes` or views of it. Raises `FrameError` for what is none. */
export function readEffect(bytes: Uint8Array): { readonly effect: Effect; readonly record: MarkRecord | null } {
  const kind = kinds[bytes[0]!];
  if (bytes.length < headBytes || kind === undefined) throw new FrameError('no effect');
  let nameStart = headBytes;
  let record: MarkRecord | null = null;
  if (bytes[1]! & recordFlag) {
    if (bytes.length < headBytes + recordHeadBytes) throw new FrameError('effect cut off');
    nameStart = headBytes + recordHeadBytes + readU32(bytes, headBytes + 36);
    record = {
      id: bytes.subarray(headBytes, headBytes + 16),
      fingerprint: bytes.subarray(headBytes + 16, headBytes + 32),
      remainingMs: readU32(bytes, headBytes + 32),
      result: bytes.subarray(headBytes + recordHeadBytes, nameStart),
    };
  }
  const bodyStart = nameStart + readU16(bytes, 2);
  if (bodyStart > bytes.length) throw new FrameError('effect cut off');
  return { effect: readBody(kind, bytes, nameStart, bodyStart), record };
}

function readBody(kind: Effect['kind'], bytes: Uint8Array, nameStart: number, start: number): Effect {
  const number = readU32(bytes, 4);
  switch (kind) {
    case 'none':
      return noEffect;
    case 'put': {
      const typeLength = bytes[start + 4]!;
      const valueStart = start + 5 + typeLength;
      if (!(valueStart <= bytes.length)) throw new FrameError('effect cut off');
      return {
        kind,
        namespace: number,
        keyBytes: bytes,
        keyStart: nameStart,
        keyLength: start - nameStart,
        ttlMs: readU32(bytes, start),
        contentType: typeLength === 0 ? '' : latin1(bytes, start + 5, typeLength),
        valueBytes: bytes,
        valueStart,
        valueLength: bytes.length - valueStart,
      };
    }
    case 'remove':
      return { kind, namespace: number, keyBytes: bytes, keyStart: nameStart, keyLength: start - nameStart };
    case 'publish':
      return { kind, space: number, name: latin1(bytes, nameStart, start - nameStart), frame: bytes.subarray(start) };
    case 'forget':
      return {
        kind,
        space: number,
        name: latin1(bytes, nameStart, start - nameStart),
        pagesGiven: readU32(bytes, start),
      };
    case 'pages':
      return { kind, pagesGiven: readU32(bytes, start) };
    case 'topic':
      return { kind, space: number, name: latin1(bytes, nameStart, start - nameStart), ...readTopic(bytes, start) };
  }
}

function readTopic(bytes: Uint8Array, start: number): Omit<TopicPart, 'kind' | 'space' | 'name'> {
  if (start + topicHeadBytes > bytes.length) throw new FrameError('effect cut off');
  const messages: TopicPart['messages'][number][] = [];
  let at = start + topicHeadBytes;
  for (let left = readU32(bytes, start + 24); left > 0; left--) {
    const end = at + topicMessageBytes(readU32(bytes, at + 4));
    if (!(end <= bytes.length)) throw new FrameError('effect cut off');
    messages.push({ ageMs: readU32(bytes, at), frame: bytes.subarray(at + topicMessageHeadBytes, end) });
    at = end;
  }
  return {
    page: readU64(bytes, start),
    lastSequence: readU64(bytes, start + 8),
    newest: readU64(bytes, start + 16),
    messages,
  };
}

/** What an effect is about, to tell which of two is newer; null for what is merged and not replaced. */
export function effectIdentity(bytes: Uint8Array): string | null {
  const kind = kinds[bytes[0]!];
  if (kind !== 'put' && kind !== 'remove') return null;
  const nameStart = bytes[1]! & recordFlag ? headBytes + recordHeadBytes + readU32(bytes, headBytes + 36) : headBytes;
  return `${readU32(bytes, 4)}:${latin1(bytes, nameStart, readU16(bytes, 2))}`;
}
