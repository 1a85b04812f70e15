import { FrameError, resultFlags } from '../../shared/frame/layout.ts';
import { inlineRef, latin1 } from '../content-types.ts';
import type { PutOutcome } from '../engine/storage-engine.ts';
import { conditionHolds } from './condition.ts';
import {
  appendFound,
  beginResult,
  findItem,
  foundResult,
  leavesItem,
  leavesNothing,
  mustTravelAlone,
  type OperationContext,
  plainResult,
  writtenResult,
} from './context.ts';

/** set: stores when the condition holds; otherwise tells the item that is there. */
export function executeSet(context: OperationContext): void {
  if (context.reader.conditionStart >= 0) {
    const present = findItem(context, false);
    if (!conditionHolds(context, present)) return conditionFailed(context, present);
  }
  store(context);
}

/** swap: stores, and answers the value that was there, under the new version and TTL. */
export function executeSwap(context: OperationContext): void {
  const { reader, writer } = context;
  const present = findItem(context, true);
  if (!conditionHolds(context, present)) return conditionFailed(context, present);
  if (!present) return store(context);
  if (mustTravelAlone(context)) return plainResult(context, 'deferred');
  const sequence = context.slots.nextSequence(reader.slot);
  beginResult(context, 'done', resultFlags.existed);
  appendFound(context, sequence, reader.ttlMs, true);
  const outcome = putPayload(context, sequence);
  if (outcome === 'stored') return writer.end();
  writer.undo();
  refuse(context, outcome);
}

/** delete: done whether or not there was an item, unless a condition says otherwise. */
export function executeDelete(context: OperationContext): void {
  const present = findItem(context, false);
  if (!conditionHolds(context, present)) return conditionFailed(context, present);
  if (present) removeItem(context);
  else forgetAtCopies(context);
  plainResult(context, 'done', present);
}

/** take: the item with its value, which is gone afterwards. */
export function executeTake(context: OperationContext): void {
  const present = findItem(context, true);
  if (!conditionHolds(context, present)) return conditionFailed(context, present);
  if (!present) {
    forgetAtCopies(context);
    return plainResult(context, 'missing');
  }
  if (mustTravelAlone(context)) return plainResult(context, 'deferred');
  foundResult(context, 'done', true);
  removeItem(context);
}

/** Answers that the condition did not hold, with the item that is there. */
export function conditionFailed(context: OperationContext, present: boolean): void {
  if (present) foundResult(context, 'condition_not_met', false);
  else plainResult(context, 'condition_not_met');
}

/** Answers why the engine took nothing. */
export function refuse(context: OperationContext, outcome: Exclude<PutOutcome, 'stored'>): void {
  plainResult(context, outcome === 'full' ? 'cache_full' : 'too_large');
}

/** Stores the payload over whatever is there. */
function store(context: OperationContext): void {
  const sequence = context.slots.nextSequence(context.reader.slot);
  const outcome = putPayload(context, sequence);
  if (outcome === 'stored') writtenResult(context, sequence, context.reader.ttlMs, false);
  else refuse(context, outcome);
}

/** Stores the payload of a set or swap: content type, then value; an inline type is stored with the value. */
function putPayload(context: OperationContext, sequence: number): PutOutcome {
  const { reader, engine, slots, nowMs } = context;
  const { bytes, payloadStart, payloadEnd } = reader;
  if (payloadStart >= payloadEnd) throw new FrameError('payload cut off');
  const typeLength = bytes[payloadStart]!;
  const typeEnd = payloadStart + 1 + typeLength;
  if (typeEnd > payloadEnd || reader.ttlMs === 0) throw new FrameError('payload cut off');
  const ref = context.contentTypes.refOf(bytes, payloadStart + 1, typeLength);
  const valueStart = ref === inlineRef ? payloadStart : typeEnd;
  const outcome = engine.put(
    reader.namespace,
    bytes,
    reader.keyStart,
    reader.keyLength,
    bytes,
    valueStart,
    payloadEnd - valueStart,
    ref,
    slots.lives.stored(reader.slot, sequence),
    nowMs + reader.ttlMs,
    nowMs,
  );
  if (outcome !== 'stored') return outcome;
  if (context.replicates) {
    const contentType = typeLength === 0 ? '' : latin1(bytes, payloadStart + 1, typeLength);
    leavesItem(context, contentType, bytes, typeEnd, payloadEnd - typeEnd, reader.ttlMs);
  } else context.changed = true;
  return outcome;
}

function removeItem(context: OperationContext): void {
  const { reader, engine, nowMs } = context;
  engine.remove(reader.namespace, reader.bytes, reader.keyStart, reader.keyLength, nowMs);
  leavesNothing(context);
}

/**
 * What is not here may be at a copy: each node evicts for itself. What was to be gone must not come back with a copy
 * that takes over.
 */
function forgetAtCopies(context: OperationContext): void {
  if (context.replicates) leavesNothing(context);
}
