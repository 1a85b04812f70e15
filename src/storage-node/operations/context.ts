import { resultFlags, statusCode } from '../../shared/frame/layout.ts';
import type { ReplyWriter } from '../../shared/frame/reply-writer.ts';
import type { RequestReader } from '../../shared/frame/request-reader.ts';
import { hopLimits } from '../../shared/limits.ts';
import type { ResultStatus } from '../../shared/operation.ts';
import { type ContentTypes, inlineRef, latin1, octetStreamRef } from '../content-types.ts';
import type { StorageEngine } from '../engine/storage-engine.ts';
import type { Effect } from '../replication/effect.ts';
import { sequenceOf } from '../slot-lives.ts';
import type { SlotTable } from '../slot-table.ts';
import type { TopicTable } from '../topics/topic-table.ts';

/** What the execution of one operation works on. One object per node, its fields set anew for each frame. */
export interface OperationContext {
  readonly engine: StorageEngine;
  readonly slots: SlotTable;
  readonly topics: TopicTable;
  readonly contentTypes: ContentTypes;
  readonly reader: RequestReader;
  writer: ReplyWriter;
  /** Monotonic time at which the frame is executed; one for all of its operations. */
  nowMs: number;
  /** Of the current operation: whether somebody has to be given what it leaves. */
  replicates: boolean;
  /** Of the current operation: whether it changed something, and so takes the slot's next sequence. */
  changed: boolean;
  /** What it left, when it changed something that somebody has to be given. */
  effect: Effect;
}

const scratch = new Uint8Array(256);

/** Finds the operation's item, if it is live and of the slot's current data epoch. */
export function findItem(context: OperationContext, touch: boolean): boolean {
  const { engine, reader } = context;
  return (
    engine.find(reader.namespace, reader.bytes, reader.keyStart, reader.keyLength, context.nowMs, touch) &&
    context.slots.isCurrent(reader.slot, engine.found.sequence)
  );
}

/** Bytes before the found item's value: its content type, when that is kept inline. */
export function valueOffset(engine: StorageEngine): number {
  if (engine.found.flags !== inlineRef) return 0;
  engine.copyFound(0, 1, scratch, 0);
  return 1 + scratch[0]!;
}

/** The found item's content type, '' for octet-stream. */
export function contentTypeText({ engine, contentTypes }: OperationContext, offset: number): string {
  if (offset === 0) return contentTypes.textOf(engine.found.flags);
  engine.copyFound(1, offset - 1, scratch, 0);
  return latin1(scratch, 0, offset - 1);
}

/** Begins a result for the reader's operation, echoing its slot and hash. */
export function beginResult(context: OperationContext, status: ResultStatus, flags = 0): void {
  context.writer.begin(statusCode[status], flags, context.reader.slot, context.reader.hash);
}

/** A whole result without an item. */
export function plainResult(context: OperationContext, status: ResultStatus, existed = false): void {
  beginResult(context, status, existed ? resultFlags.existed : 0);
  context.writer.end();
}

/** A result that describes the found item, with its value or without. */
export function foundResult(context: OperationContext, status: ResultStatus, withValue: boolean): void {
  beginResult(context, status, resultFlags.existed);
  appendFound(context, sequenceOf(context.engine.found.sequence), remainingMs(context), withValue);
  context.writer.end();
}

/** Appends the found item to the begun result, under the version and TTL given. */
export function appendFound(context: OperationContext, sequence: number, ttlMs: number, withValue: boolean): void {
  const { engine, writer, reader, slots } = context;
  const offset = valueOffset(engine);
  const length = engine.found.valueLength - offset;
  const type = engine.found.flags === octetStreamRef ? '' : contentTypeText(context, offset);
  const at = writer.item(slots.dataEpoch(reader.slot), sequence, ttlMs, length, type, withValue ? length : 0);
  if (withValue) engine.copyFound(offset, length, writer.bytes, at);
}

/** A result that tells the version of what was just written, without a value. */
export function writtenResult(context: OperationContext, sequence: number, ttlMs: number, existed: boolean): void {
  beginResult(context, 'done', existed ? resultFlags.existed : 0);
  context.writer.item(context.slots.dataEpoch(context.reader.slot), sequence, ttlMs, 0, '', 0);
  context.writer.end();
}

/** The found item's remaining TTL in whole ms, at least 1 while it lives. */
export function remainingMs(context: OperationContext): number {
  return Math.ceil(context.engine.found.expiresAtMs - context.nowMs);
}

/** Whether the found item's value is too large to share a reply frame with other results (DESIGN §4). */
export function mustTravelAlone({ engine, reader }: OperationContext): boolean {
  return reader.operationCount > 1 && engine.found.valueLength > hopLimits.ownFrameBytes;
}

/**
 * Notes that the operation has stored its item under the slot's next sequence, with the value that lies in so many bytes
 * from `valueStart`. The arrays are read before they change.
 */
export function leavesItem(
  context: OperationContext,
  contentType: string,
  valueBytes: Uint8Array,
  valueStart: number,
  valueLength: number,
  ttlMs: number,
): void {
  context.changed = true;
  if (!context.replicates) return;
  const { namespace, bytes: keyBytes, keyStart, keyLength } = context.reader;
  context.effect = {
    kind: 'put',
    namespace,
    keyBytes,
    keyStart,
    keyLength,
    ttlMs,
    contentType,
    valueBytes,
    valueStart,
    valueLength,
  };
}

/** Notes that the operation has removed its item. */
export function leavesNothing(context: OperationContext): void {
  context.changed = true;
  if (!context.replicates) return;
  const { namespace, bytes: keyBytes, keyStart, keyLength } = context.reader;
  context.effect = { kind: 'remove', namespace, keyBytes, keyStart, keyLength };
}
