import type { Condition, Operation, ReadOperation, VersionList, WriteOperation } from '../operation.ts';
import { isOfTopics, isRead, octetStream } from '../operation.ts';
import { slotOf } from '../slots.ts';
import {
  anyVersion,
  conditionParts,
  frameHeaderBytes,
  idempotencyBytes,
  incrementBytes,
  incrementFlags,
  operationCodes,
  operationFlags,
  operationHeaderBytes,
  publishFlags,
  publishHeadBytes,
  requestMagic,
  topicsHeadBytes,
  traceBytes,
  ttlModeCode,
  valueConditionCode,
  versionBytes,
  writeI64,
  writeU16,
  writeU32,
  writeU64,
} from './layout.ts';

const encoder = new TextEncoder();

/** One operation on its way: with the trace it belongs to (W3C trace id and parent id, 24 bytes) when there is one. */
export interface OutgoingOperation {
  readonly operation: Operation;
  readonly trace: Uint8Array | null;
}

export interface RequestHeader {
  readonly frameIdLow: number;
  readonly frameIdHigh: number;
  readonly viewNumber: number;
  readonly registryRevision: number;
  /** Time left for the operations, in ms. */
  readonly deadlineMs: number;
}

/** Bytes that an operation takes in a frame. */
export function operationBytes(operation: Operation, trace: Uint8Array | null): number {
  let bytes = operationHeaderBytes + operation.key.length + (trace === null ? 0 : traceBytes);
  switch (operation.kind) {
    case 'get':
    case 'describe':
    case 'topic':
      return bytes;
    case 'topics':
      return bytes + topicsHeadBytes + operation.after.length;
    case 'publish':
      bytes += publishHeadBytes + utf8Length(operation.tokenId) + operation.value.length;
      break;
    case 'set':
    case 'swap':
      bytes += 1 + contentTypeLength(operation.contentType) + operation.value.length;
      break;
    case 'increment':
      bytes += incrementBytes;
      break;
    case 'ttl':
      bytes += 1;
      break;
    case 'delete':
    case 'take':
    case 'claim':
      break;
  }
  if (operation.idempotency) bytes += idempotencyBytes;
  if (operation.condition) bytes += 4 + conditionBytes(operation.condition);
  return bytes;
}

/**
 * Writes a whole request frame into `target`, which must have `frameHeaderBytes` and the sum of
 * `operationBytes` of room; returns the frame's length.
 */
export function writeRequest(
  target: Uint8Array,
  header: RequestHeader,
  operations: readonly OutgoingOperation[],
): number {
  let at = frameHeaderBytes;
  for (let i = 0; i < operations.length; i++) at = writeOperation(target, at, operations[i]!);
  writeU32(target, 0, requestMagic);
  writeU32(target, 4, at);
  writeU32(target, 8, header.frameIdLow);
  writeU32(target, 12, header.frameIdHigh);
  writeU32(target, 16, header.viewNumber);
  writeU32(target, 20, header.registryRevision);
  writeU32(target, 24, header.deadlineMs);
  writeU16(target, 28, operations.length);
  writeU16(target, 30, 0);
  return at;
}

function writeOperation(target: Uint8Array, start: number, { operation, trace }: OutgoingOperation): number {
  const key = operation.key;
  const mutation = isRead(operation) ? null : operation;
  let flags = 0;
  let at = start + operationHeaderBytes;
  // Small keys: a loop is cheaper than `set`, which costs some 20 ns whatever the length.
  if (key.length <= 32) for (let i = 0; i < key.length; i++) target[at + i] = key[i]!;
  else target.set(key, at);
  at += key.length;
  const restStart = at;
  if (trace !== null) {
    flags |= operationFlags.trace;
    target.set(trace, at);
    at += traceBytes;
  }
  if (mutation?.idempotency) {
    flags |= operationFlags.idempotency;
    target.set(mutation.idempotency.id, at);
    target.set(mutation.idempotency.fingerprint, at + 16);
    at += idempotencyBytes;
  }
  if (mutation?.condition) {
    flags |= operationFlags.condition;
    const end = writeCondition(target, at + 4, mutation.condition);
    writeU32(target, at, end - at - 4);
    at = end;
  }
  if (mutation) at = writePayload(target, at, mutation);
  else if (operation.kind === 'topics') at = writeTopicsPayload(target, at, operation);
  else if ((operation.kind === 'get' || operation.kind === 'describe') && operation.balanced)
    flags |= operationFlags.balanced;
  target[start] = operationCodes[operation.kind];
  target[start + 1] = flags;
  writeU16(target, start + 2, slotOf(operation.hash));
  writeU32(target, start + 4, operation.hash);
  writeU32(target, start + 8, isOfTopics(operation) ? operation.cache.topicSpace : operation.cache.namespace);
  writeU16(target, start + 12, key.length);
  writeU16(target, start + 14, 0);
  writeU32(target, start + 16, at - restStart);
  writeU32(target, start + 20, mutation && 'ttlMs' in mutation ? mutation.ttlMs : 0);
  return at;
}

function writePayload(target: Uint8Array, start: number, operation: WriteOperation): number {
  let at = start;
  switch (operation.kind) {
    case 'set':
    case 'swap': {
      const length = contentTypeLength(operation.contentType);
      target[at++] = length;
      for (let i = 0; i < length; i++) target[at++] = operation.contentType.charCodeAt(i);
      target.set(operation.value, at);
      return at + operation.value.length;
    }
    case 'increment':
      writeI64(target, at, operation.amount);
      writeI64(target, at + 8, operation.min ?? 0n);
      writeI64(target, at + 16, operation.max ?? 0n);
      target[at + 24] =
        (operation.min === undefined ? 0 : incrementFlags.min) |
        (operation.max === undefined ? 0 : incrementFlags.max) |
        (operation.ttlOnCreateOnly ? incrementFlags.ttlOnCreateOnly : 0);
      return at + incrementBytes;
    case 'ttl':
      target[at] = ttlModeCode.get(operation.mode)!;
      return at + 1;
    case 'publish': {
      const { tokenId, value } = operation;
      const length = tokenId === '' ? 0 : encoder.encodeInto(tokenId, target.subarray(at + publishHeadBytes)).written;
      target[at] = operation.text ? publishFlags.text : 0;
      writeU16(target, at + 1, length);
      at += publishHeadBytes + length;
      target.set(value, at);
      return at + value.length;
    }
    case 'delete':
    case 'take':
    case 'claim':
      return at;
  }
}

function writeTopicsPayload(
  target: Uint8Array,
  start: number,
  { limit, after }: Extract<ReadOperation, { kind: 'topics' }>,
): number {
  writeU16(target, start, limit);
  target.set(after, start + topicsHeadBytes);
  return start + topicsHeadBytes + after.length;
}

function utf8Length(text: string): number {
  return text === '' ? 0 : encoder.encode(text).length;
}

function contentTypeLength(contentType: string): number {
  return contentType === octetStream ? 0 : contentType.length;
}

function conditionBytes(condition: Condition): number {
  let bytes = 1;
  if (condition.value) bytes += 5 + (condition.value.compare?.length ?? 0);
  if (condition.ifMatch) bytes += listBytes(condition.ifMatch);
  if (condition.ifNoneMatch) bytes += listBytes(condition.ifNoneMatch);
  return bytes;
}

function listBytes(list: VersionList): number {
  return 2 + (list === '*' ? 0 : list.length * versionBytes);
}

function writeCondition(target: Uint8Array, start: number, condition: Condition): number {
  let at = start + 1;
  let parts = 0;
  if (condition.value) {
    parts |= conditionParts.value;
    const compare = condition.value.compare;
    target[at] = valueConditionCode.get(condition.value.kind)!;
    writeU32(target, at + 1, compare?.length ?? 0);
    if (compare) target.set(compare, at + 5);
    at += 5 + (compare?.length ?? 0);
  }
  if (condition.ifMatch) {
    parts |= conditionParts.ifMatch;
    at = writeList(target, at, condition.ifMatch);
  }
  if (condition.ifNoneMatch) {
    parts |= conditionParts.ifNoneMatch;
    at = writeList(target, at, condition.ifNoneMatch);
  }
  target[start] = parts;
  return at;
}

function writeList(target: Uint8Array, start: number, list: VersionList): number {
  writeU16(target, start, list === '*' ? anyVersion : list.length);
  let at = start + 2;
  if (list === '*') return at;
  for (const version of list) {
    writeU32(target, at, version.dataEpoch);
    writeU64(target, at + 4, version.sequence);
    at += versionBytes;
  }
  return at;
}
