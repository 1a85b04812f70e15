import type { FrameMemory } from '../../../shared/frame/frame-memory.ts';
import { writeU16, writeU32, writeU64 } from '../../../shared/frame/layout.ts';
import type { CopiedPart, Entry, ReplicationMessage } from '../messages.ts';
import {
  entryHeadBytes,
  finalFlag,
  fixedBytesOf,
  messageCodes,
  messageHeadBytes,
  newestForm,
  partHeadBytes,
  replicationHeaderBytes,
  replicationMagic,
  slotItemBytes,
} from './layout.ts';

/** Gathers messages for one peer and makes a frame of them. Payloads are read when the frame is made. */
export class ReplicationFrameWriter {
  readonly #memory: FrameMemory;
  #messages: ReplicationMessage[] = [];
  #bytes = replicationHeaderBytes;

  /** The form of the messages; to be set while nothing is gathered. */
  form = newestForm;

  constructor(memory: FrameMemory) {
    this.#memory = memory;
  }

  /** Messages gathered. */
  get messages(): number {
    return this.#messages.length;
  }

  /** Bytes of the frame that they make. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `bytes` is `messageBytes(message, form)`. */
  add(message: ReplicationMessage, bytes: number): void {
    this.#messages.push(message);
    this.#bytes += bytes;
  }

  /** The frame of all that was gathered, in memory of `allocate`; begins to gather anew. */
  take(number: number): Uint8Array {
    const frame = this.#memory.allocate(this.#bytes);
    writeU32(frame, 0, replicationMagic);
    writeU32(frame, 4, this.#bytes);
    writeU64(frame, 8, number);
    writeU32(frame, 16, this.#messages.length);
    frame.fill(0, 20, replicationHeaderBytes);
    let at = replicationHeaderBytes;
    for (const message of this.#messages) at = writeMessage(frame, at, message, this.form);
    if (at !== this.#bytes) throw new RangeError('a message changed while it was gathered');
    this.clear();
    return frame;
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.#messages = [];
    this.#bytes = replicationHeaderBytes;
  }
}

/** Bytes that a message takes in a frame. */
export function messageBytes(message: ReplicationMessage, form = newestForm): number {
  const fixed = messageHeadBytes + fixedBytesOf(message.kind, form);
  switch (message.kind) {
    case 'append':
    case 'report':
      return fixed + itemsBytes(message.entries, entryHeadBytes);
    case 'copy':
      return fixed + itemsBytes(message.parts, partHeadBytes);
    case 'beacon':
      return fixed + message.slots.length * slotItemBytes;
    case 'promise':
      return fixed + message.refusedSlots.length * slotItemBytes;
    default:
      return fixed;
  }
}

function itemsBytes(items: readonly { readonly payload: Uint8Array }[], headBytes: number): number {
  let bytes = items.length * headBytes;
  for (const { payload } of items) bytes += payload.length;
  return bytes;
}

/** Writes a message and its head; returns where it ends. */
function writeMessage(bytes: Uint8Array, start: number, message: ReplicationMessage, form: number): number {
  const body = start + messageHeadBytes;
  const items = body + fixedBytesOf(message.kind, form);
  writeFixed(bytes, body, message, form);
  let end = items;
  let count = 0;
  let flags = 0;
  if (message.kind === 'append' || message.kind === 'report') {
    count = message.entries.length;
    end = writeEntries(bytes, items, message.entries);
  } else if (message.kind === 'copy') {
    count = message.parts.length;
    flags = message.final ? finalFlag : 0;
    end = writeParts(bytes, items, message.parts);
  } else if (message.kind === 'beacon') {
    count = message.slots.length;
    end = writeSlots(bytes, items, message.slots, message.epochs);
  } else if (message.kind === 'promise') {
    count = message.refusedSlots.length;
    end = writeSlots(bytes, items, message.refusedSlots, message.refusedEpochs);
  }
  bytes[start] = messageCodes[message.kind];
  bytes[start + 1] = flags;
  writeU16(bytes, start + 2, 'slot' in message ? message.slot : 0);
  writeU32(bytes, start + 4, end - start);
  writeU32(bytes, start + 8, 'epoch' in message ? message.epoch : 0);
  writeU32(bytes, start + 12, count);
  return end;
}

function writeFixed(bytes: Uint8Array, at: number, message: ReplicationMessage, form: number): void {
  switch (message.kind) {
    case 'append':
    case 'join':
      writeU32(bytes, at, message.dataEpoch);
      writeU64(bytes, at + 4, message.session);
      return writeU64(bytes, at + 12, message.committed);
    case 'ack':
      writeU64(bytes, at, message.session);
      return writeU64(bytes, at + 8, message.last);
    case 'refuse':
    case 'full':
      return;
    case 'beacon':
    case 'promise':
      return writeU64(bytes, at, message.id);
    case 'query':
      writeU32(bytes, at, message.dataEpoch);
      return writeU64(bytes, at + 4, message.last);
    case 'report':
      writeU64(bytes, at, message.last);
      writeU64(bytes, at + 8, message.committed);
      if (form > 1) writeU32(bytes, at + 16, message.servedEpoch);
      return;
    case 'copy':
    case 'copied':
      writeU64(bytes, at, message.session);
      return writeU32(bytes, at + 8, message.batch);
  }
}

function writeEntries(bytes: Uint8Array, start: number, entries: readonly Entry[]): number {
  let at = start;
  for (const { sequence, hash, payload } of entries) {
    writeU64(bytes, at, sequence);
    writeU32(bytes, at + 8, hash);
    writeU32(bytes, at + 12, payload.length);
    bytes.set(payload, at + entryHeadBytes);
    at += entryHeadBytes + payload.length;
  }
  return at;
}

function writeParts(bytes: Uint8Array, start: number, parts: readonly CopiedPart[]): number {
  let at = start;
  for (const { sequence, payload } of parts) {
    writeU64(bytes, at, sequence);
    writeU32(bytes, at + 8, payload.length);
    bytes.set(payload, at + partHeadBytes);
    at += partHeadBytes + payload.length;
  }
  return at;
}

function writeSlots(bytes: Uint8Array, start: number, slots: readonly number[], epochs: readonly number[]): number {
  if (slots.length !== epochs.length) throw new RangeError('each slot has one epoch');
  let at = start;
  for (let index = 0; index < slots.length; index++) {
    writeU16(bytes, at, slots[index]!);
    writeU32(bytes, at + 2, epochs[index]!);
    at += slotItemBytes;
  }
  return at;
}
