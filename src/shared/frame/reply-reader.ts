import type { ItemRecord, OperationResult, ResultStatus } from '../operation.ts';
import { octetStream, resultStatuses } from '../operation.ts';
import {
  FrameError,
  frameHeaderBytes,
  itemHeadBytes,
  readU16,
  readU32,
  readU64,
  replyMagic,
  resultFlags,
  resultHeaderBytes,
} from './layout.ts';

/** The frame that an answer must belong to. */
export interface ExpectedReply {
  readonly frameIdLow: number;
  readonly frameIdHigh: number;
  readonly operationCount: number;
}

const resultFlagsMask = resultFlags.item | resultFlags.value | resultFlags.replayed | resultFlags.existed;
const noValue = new Uint8Array(0);

/**
 * Reads a reply frame. Every deviation from what was asked is a `FrameError`, upon which the caller destroys
 * the connection: an answer that belongs to another request must never be handed on.
 */
export class ReplyReader {
  readonly viewNumber: number;
  readonly registryRevision: number;
  readonly serviceMicros: number;
  readonly #bytes: Uint8Array;
  #at = frameHeaderBytes;

  constructor(bytes: Uint8Array, expected: ExpectedReply) {
    if (bytes.length < frameHeaderBytes || readU32(bytes, 0) !== replyMagic) throw new FrameError('no reply frame');
    if (readU32(bytes, 4) !== bytes.length) throw new FrameError('reply frame of another length');
    if (readU32(bytes, 8) !== expected.frameIdLow || readU32(bytes, 12) !== expected.frameIdHigh)
      throw new FrameError('reply to another frame');
    if (readU16(bytes, 28) !== expected.operationCount) throw new FrameError('reply of another length');
    this.#bytes = bytes;
    this.viewNumber = readU32(bytes, 16);
    this.registryRevision = readU32(bytes, 20);
    this.serviceMicros = readU32(bytes, 24);
  }

  /** The next result, which must echo the given slot and key hash. Values are views of the frame. */
  next(slot: number, hash: number): OperationResult {
    const bytes = this.#bytes;
    const start = this.#at;
    if (start + resultHeaderBytes > bytes.length) throw new FrameError('result cut off');
    if (readU16(bytes, start + 2) !== slot || readU32(bytes, start + 4) !== hash)
      throw new FrameError('result of another operation');
    const status: ResultStatus | undefined = resultStatuses[bytes[start]!];
    if (status === undefined) throw new FrameError('unknown status');
    const flags = bytes[start + 1]!;
    if (flags > resultFlagsMask) throw new FrameError('unknown flag');
    const at = start + resultHeaderBytes;
    const end = at + readU32(bytes, start + 8);
    if (end > bytes.length) throw new FrameError('result cut off');
    if (!(flags & resultFlags.item) && end !== at) throw new FrameError('result of another length');
    this.#at = end;
    return {
      status,
      item: flags & resultFlags.item ? this.#item(at, end, (flags & resultFlags.value) !== 0) : null,
      replayed: (flags & resultFlags.replayed) !== 0,
      existed: (flags & resultFlags.existed) !== 0,
      nodeMicros: this.serviceMicros,
    };
  }

  /** Raises `FrameError` unless all of the frame was read. */
  close(): void {
    if (this.#at !== this.#bytes.length) throw new FrameError('bytes after the last result');
  }

  #item(start: number, end: number, withValue: boolean): ItemRecord {
    const bytes = this.#bytes;
    if (start + itemHeadBytes > end) throw new FrameError('item cut off');
    const valueLength = readU32(bytes, start + 16);
    const typeLength = bytes[start + 20]!;
    const valueStart = start + itemHeadBytes + typeLength;
    if (valueStart + (withValue ? valueLength : 0) !== end) throw new FrameError('item of another length');
    let contentType = octetStream;
    if (typeLength > 0) {
      contentType = '';
      for (let i = valueStart - typeLength; i < valueStart; i++) contentType += String.fromCharCode(bytes[i]!);
    }
    return {
      version: { dataEpoch: readU32(bytes, start), sequence: readU64(bytes, start + 4) },
      ttlMs: readU32(bytes, start + 12),
      valueLength,
      contentType,
      value: withValue ? bytes.subarray(valueStart, end) : noValue,
    };
  }
}
