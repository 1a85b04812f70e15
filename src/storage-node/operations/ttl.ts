import { FrameError } from '../../shared/frame/layout.ts';
import { ttlModes } from '../../shared/operation.ts';
import { conditionHolds } from './condition.ts';
import {
  contentTypeText,
  findItem,
  foundResult,
  leavesItem,
  type OperationContext,
  plainResult,
  remainingMs,
  valueOffset,
  writtenResult,
} from './context.ts';
import { conditionFailed, refuse } from './write.ts';

/** ttl: sets, only raises or only lowers the remaining TTL of an item. */
export function executeTtl(context: OperationContext): void {
  const { reader, engine, slots, nowMs } = context;
  const mode = ttlModes[reader.bytes[reader.payloadStart]!];
  if (reader.payloadStart + 1 !== reader.payloadEnd || mode === undefined || reader.ttlMs === 0)
    throw new FrameError('payload of another form');
  const present = findItem(context, false);
  if (!conditionHolds(context, present)) return conditionFailed(context, present);
  if (!present) return plainResult(context, 'missing');
  const remaining = remainingMs(context);
  const changes = mode === 'set' || (mode === 'raise' ? reader.ttlMs > remaining : reader.ttlMs < remaining);
  if (!changes) return foundResult(context, 'ttl_not_changed', false);
  const sequence = slots.nextSequence(reader.slot);
  const { namespace, bytes, keyStart, keyLength, ttlMs } = reader;
  // A copy may have lost the item for want of memory: it is given all of it.
  const value = context.replicates ? foundValue(context) : noValue;
  const stored = slots.lives.stored(reader.slot, sequence);
  const outcome = engine.setExpiry(namespace, bytes, keyStart, keyLength, stored, nowMs + ttlMs, nowMs);
  if (outcome === 'absent') return plainResult(context, 'missing');
  if (outcome !== 'stored') return refuse(context, outcome);
  leavesItem(context, value.contentType, value.bytes, 0, value.bytes.length, ttlMs);
  writtenResult(context, sequence, reader.ttlMs, true);
}

const noValue = { contentType: '', bytes: new Uint8Array(0) };

/** The found item's value. */
function foundValue(context: OperationContext): { readonly contentType: string; readonly bytes: Uint8Array } {
  const { engine } = context;
  const offset = valueOffset(engine);
  const bytes = new Uint8Array(engine.found.valueLength - offset);
  engine.copyFound(offset, bytes.length, bytes, 0);
  return { contentType: contentTypeText(context, offset), bytes };
}
