import { limits } from '../limits.ts';
import { slotOf } from '../slots.ts';
import {
  FrameError,
  frameHeaderBytes,
  idempotencyBytes,
  operationCodes,
  operationFlags,
  operationHeaderBytes,
  operationKindOfCode,
  readU16,
  readU32,
  requestMagic,
  traceBytes,
} from './layout.ts';

/** Codes of the operations that carry nothing but their key and the optional parts. */
const withoutPayload: ReadonlySet<number> = new Set(
  (['get', 'describe', 'delete', 'take', 'claim', 'topic'] as const).map((kind) => operationCodes[kind]),
);
/** Flags that announce a part after the key. */
const partFlags = operationFlags.trace | operationFlags.idempotency | operationFlags.condition;
/** All flags there are: one that is not known may announce a part that would be taken for another. */
const operationFlagsMask = partFlags | operationFlags.balanced;
/** Operations that any in-sync copy may serve. */
const balancedCodes: ReadonlySet<number> = new Set([operationCodes.get, operationCodes.describe]);

/**
 * Reads a request frame in place: `next` moves from operation to operation, and the fields tell where its
 * parts lie in `bytes`. Nothing is copied or allocated. Every length is checked against the frame's end, so
 * that a broken frame is a `FrameError` and never a read beyond it.
 */
export class RequestReader {
  bytes: Uint8Array = new Uint8Array(0);
  frameIdLow = 0;
  frameIdHigh = 0;
  viewNumber = 0;
  registryRevision = 0;
  deadlineMs = 0;
  operationCount = 0;

  /** Of the current operation. */
  code = 0;
  flags = 0;
  slot = 0;
  hash = 0;
  namespace = 0;
  ttlMs = 0;
  keyStart = 0;
  keyLength = 0;
  /** Start of the 24 bytes of the trace, or -1. */
  traceStart = -1;
  /** Start of the 32 bytes of the idempotency mark, or -1. */
  idempotencyStart = -1;
  /** Start of the condition, or -1. */
  conditionStart = -1;
  conditionEnd = 0;
  payloadStart = 0;
  payloadEnd = 0;

  #at = 0;
  #end = 0;
  #left = 0;

  /** Begins a frame; raises `FrameError` when its header is not one. */
  open(bytes: Uint8Array): void {
    if (bytes.length < frameHeaderBytes || readU32(bytes, 0) !== requestMagic) throw new FrameError('no request frame');
    if (readU32(bytes, 4) !== bytes.length) throw new FrameError('request frame of another length');
    this.bytes = bytes;
    this.frameIdLow = readU32(bytes, 8);
    this.frameIdHigh = readU32(bytes, 12);
    this.viewNumber = readU32(bytes, 16);
    this.registryRevision = readU32(bytes, 20);
    this.deadlineMs = readU32(bytes, 24);
    this.operationCount = readU16(bytes, 28);
    this.#at = frameHeaderBytes;
    this.#end = bytes.length;
    this.#left = this.operationCount;
  }

  /** Moves to the next operation; false after the last. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#at !== this.#end) throw new FrameError('bytes after the last operation');
      return false;
    }
    this.#left--;
    const bytes = this.bytes;
    const start = this.#at;
    if (start + operationHeaderBytes > this.#end) throw new FrameError('operation cut off');
    this.code = bytes[start]!;
    this.flags = bytes[start + 1]!;
    this.slot = readU16(bytes, start + 2);
    this.hash = readU32(bytes, start + 4);
    this.namespace = readU32(bytes, start + 8);
    this.keyLength = readU16(bytes, start + 12);
    this.ttlMs = readU32(bytes, start + 20);
    if (this.ttlMs > limits.ttlMsMax) throw new FrameError('TTL out of range');
    this.keyStart = start + operationHeaderBytes;
    let at = this.keyStart + this.keyLength;
    const end = at + readU32(bytes, start + 16);
    if (end > this.#end) throw new FrameError('operation cut off');
    if (operationKindOfCode[this.code] === undefined) throw new FrameError('unknown operation');
    if (this.flags > operationFlagsMask) throw new FrameError('unknown flag');
    if (this.flags & operationFlags.balanced && !balancedCodes.has(this.code)) throw new FrameError('no balanced read');
    if (this.slot !== slotOf(this.hash)) throw new FrameError('slot of another hash');
    this.traceStart = -1;
    this.idempotencyStart = -1;
    this.conditionStart = -1;
    if (this.flags & partFlags) at = this.#optionalParts(at, end);
    this.payloadStart = at;
    this.payloadEnd = end;
    if (at !== end && withoutPayload.has(this.code)) throw new FrameError('payload of another length');
    this.#at = end;
    return true;
  }

  #optionalParts(start: number, end: number): number {
    let at = start;
    if (this.flags & operationFlags.trace) {
      this.traceStart = at;
      at += traceBytes;
    }
    if (this.flags & operationFlags.idempotency) {
      this.idempotencyStart = at;
      at += idempotencyBytes;
    }
    if (this.flags & operationFlags.condition) {
      if (at + 4 > end) throw new FrameError('condition cut off');
      this.conditionStart = at + 4;
      this.conditionEnd = at + 4 + readU32(this.bytes, at);
      at = this.conditionEnd;
    }
    if (at > end) throw new FrameError('operation cut off');
    return at;
  }
}
