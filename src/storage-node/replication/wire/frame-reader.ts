import { FrameError, readU16, readU32 } from '../../../shared/frame/layout.ts';
import { slotCount } from '../../../shared/slots.ts';
import type { AppendMessage, CopiedPart, Entry, ReplicationMessage } from '../messages.ts';
import {
  entryHeadBytes,
  finalFlag,
  fixedBytesOf,
  kindOfMessageCode,
  type MessageKind,
  messageHeadBytes,
  newestForm,
  partHeadBytes,
  replicationHeaderBytes,
  replicationMagic,
  slotItemBytes,
} from './layout.ts';
import { PayloadCopies } from './payload-copies.ts';

/** Words above this would make an integer that a number does not hold. */
const highWordMax = 2 ** 21 - 1;

export interface ReplicationFrame {
  /** Place of the frame in its connection, from 1. */
  readonly number: number;
  readonly messages: ReplicationMessage[];
}

/**
 * Reads a whole frame, or raises `FrameError`. Payloads are copied out, so that the messages are the receiver's for
 * good, and the frame's memory may be used again.
 */
export function readReplicationFrame(bytes: Uint8Array, form = newestForm): ReplicationFrame {
  if (bytes.length < replicationHeaderBytes || readU32(bytes, 0) !== replicationMagic)
    throw new FrameError('no replication frame');
  if (readU32(bytes, 4) !== bytes.length) throw new FrameError('replication frame of another length');
  for (let at = 20; at < replicationHeaderBytes; at += 4)
    if (readU32(bytes, at) !== 0) throw new FrameError('unknown field in a replication frame');
  const number = readCount(bytes, 8);
  const count = readU32(bytes, 16);
  const reader = new MessageReader(bytes, form);
  const messages: ReplicationMessage[] = [];
  while (messages.length < count) messages.push(reader.next());
  if (!reader.atEnd) throw new FrameError('bytes after the last message');
  return { number, messages };
}

/** Unsigned 64-bit integer below 2^53. */
export function readCount(bytes: Uint8Array, at: number): number {
  const high = readU32(bytes, at + 4);
  if (high > highWordMax) throw new FrameError('integer out of range');
  return high * 0x1_0000_0000 + readU32(bytes, at);
}

/** Reads the messages of one frame. Every length is checked against its message's end before anything is read or made. */
class MessageReader {
  readonly #bytes: Uint8Array;
  readonly #form: number;
  readonly #copies = new PayloadCopies();
  /** Where the next thing begins. */
  #at = replicationHeaderBytes;
  /** End of the current message. */
  #end = 0;
  #slot = 0;
  #epoch = 0;
  #final = false;
  #items = 0;

  constructor(bytes: Uint8Array, form: number) {
    this.#bytes = bytes;
    this.#form = form;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  next(): ReplicationMessage {
    const kind = this.#head();
    const fixed = this.#at;
    this.#at += fixedBytesOf(kind, this.#form);
    const message = this.#message(kind, fixed);
    if (this.#at !== this.#end) throw new FrameError('message of another length');
    return message;
  }

  #head(): MessageKind {
    const bytes = this.#bytes;
    const start = this.#at;
    if (start + messageHeadBytes > bytes.length) throw new FrameError('message cut off');
    const kind = kindOfMessageCode[bytes[start]!];
    if (kind === undefined) throw new FrameError('unknown message');
    this.#end = start + readU32(bytes, start + 4);
    if (this.#end > bytes.length) throw new FrameError('message cut off');
    this.#at = start + messageHeadBytes;
    const flags = bytes[start + 1]!;
    this.#final = flags === finalFlag;
    this.#slot = readU16(bytes, start + 2);
    this.#epoch = readU32(bytes, start + 8);
    this.#items = readU32(bytes, start + 12);
    if (this.#at + fixedBytesOf(kind, this.#form) + this.#items * itemBytesMin[kind] > this.#end)
      throw new FrameError('message cut off');
    if (flags !== 0 && !(kind === 'copy' && this.#final)) throw new FrameError('unknown flag');
    if (this.#slot >= slotCount) throw new FrameError('slot out of range');
    if (this.#items !== 0 && itemBytesMin[kind] === 0) throw new FrameError('items where there are none');
    if (this.#slot !== 0 && withoutSlot.has(kind)) throw new FrameError('slot where there is none');
    if (this.#epoch !== 0 && withoutEpoch.has(kind)) throw new FrameError('epoch where there is none');
    return kind;
  }

  #message(kind: MessageKind, at: number): ReplicationMessage {
    const bytes = this.#bytes;
    const slot = this.#slot;
    const epoch = this.#epoch;
    switch (kind) {
      case 'append':
        return this.#append(at);
      case 'ack':
        return { kind, slot, epoch, session: readCount(bytes, at), last: readCount(bytes, at + 8) };
      case 'refuse':
      case 'full':
        return { kind, slot, epoch };
      case 'beacon':
        return { kind, id: readCount(bytes, at), ...this.#slots() };
      case 'promise': {
        const { slots, epochs } = this.#slots();
        return { kind, id: readCount(bytes, at), refusedSlots: slots, refusedEpochs: epochs };
      }
      case 'query':
        return { kind, slot, epoch, dataEpoch: readU32(bytes, at), last: readCount(bytes, at + 4) };
      case 'report':
        return {
          kind,
          slot,
          epoch,
          last: readCount(bytes, at),
          committed: readCount(bytes, at + 8),
          // 0 makes nobody believe anything
          servedEpoch: this.#form === 1 ? 0 : readU32(bytes, at + 16),
          entries: this.#entries(),
        };
      case 'join':
        return {
          kind,
          slot,
          epoch,
          dataEpoch: readU32(bytes, at),
          session: readCount(bytes, at + 4),
          committed: readCount(bytes, at + 12),
        };
      case 'copy': {
        const head = {
          kind,
          slot,
          epoch,
          session: readCount(bytes, at),
          batch: readU32(bytes, at + 8),
          final: this.#final,
        };
        return { ...head, parts: this.#parts() };
      }
      case 'copied':
        return { kind, slot, session: readCount(bytes, at), batch: readU32(bytes, at + 8) };
    }
  }

  #append(at: number): AppendMessage {
    const bytes = this.#bytes;
    return {
      kind: 'append',
      slot: this.#slot,
      epoch: this.#epoch,
      dataEpoch: readU32(bytes, at),
      session: readCount(bytes, at + 4),
      committed: readCount(bytes, at + 12),
      entries: this.#entries(),
    };
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    while (entries.length < this.#items) {
      const at = this.#item(entryHeadBytes);
      const sequence = readCount(this.#bytes, at);
      const hash = readU32(this.#bytes, at + 8);
      entries.push({ sequence, hash, payload: this.#payload(readU32(this.#bytes, at + 12)) });
    }
    return entries;
  }

  #parts(): CopiedPart[] {
    const parts: CopiedPart[] = [];
    while (parts.length < this.#items) {
      const at = this.#item(partHeadBytes);
      const sequence = readCount(this.#bytes, at);
      parts.push({ sequence, payload: this.#payload(readU32(this.#bytes, at + 8)) });
    }
    return parts;
  }

  #slots(): { slots: number[]; epochs: number[] } {
    const slots: number[] = [];
    const epochs: number[] = [];
    while (slots.length < this.#items) {
      const at = this.#item(slotItemBytes);
      const slot = readU16(this.#bytes, at);
      if (slot >= slotCount) throw new FrameError('slot out of range');
      slots.push(slot);
      epochs.push(readU32(this.#bytes, at + 2));
    }
    return { slots, epochs };
  }

  /** Where the next item begins; goes behind its head. */
  #item(headBytes: number): number {
    const at = this.#at;
    if (at + headBytes > this.#end) throw new FrameError('item cut off');
    this.#at = at + headBytes;
    return at;
  }

  #payload(length: number): Uint8Array {
    const at = this.#at;
    if (at + length > this.#end) throw new FrameError('payload cut off');
    this.#at = at + length;
    return this.#copies.copy(this.#bytes, at, length, this.#bytes.length - at);
  }
}

/** Least bytes of an item of each kind of message; 0 where there are none. */
const itemBytesMin: Readonly<Record<MessageKind, number>> = {
  append: entryHeadBytes,
  ack: 0,
  refuse: 0,
  full: 0,
  beacon: slotItemBytes,
  promise: slotItemBytes,
  query: 0,
  report: entryHeadBytes,
  join: 0,
  copy: partHeadBytes,
  copied: 0,
};
const withoutSlot: ReadonlySet<MessageKind> = new Set(['beacon', 'promise']);
const withoutEpoch: ReadonlySet<MessageKind> = new Set(['beacon', 'promise', 'copied']);
