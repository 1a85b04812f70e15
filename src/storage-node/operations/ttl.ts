import { FrameError } from '../../shared/frame/layout.ts';
import { ttlModes } from '../../shared/operation.ts';
import { conditionHolds } from './condition.ts';
import { findItem, foundResult, type OperationContext, plainResult, remainingMs, writtenResult } from './context.ts';
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
  const { namespace, bytes, keyStart, keyLength } = reader;
  const outcome = engine.setExpiry(namespace, bytes, keyStart, keyLength, sequence, nowMs + reader.ttlMs, nowMs);
  if (outcome === 'absent') return plainResult(context, 'missing');
  if (outcome !== 'stored') return refuse(context, outcome);
  slots.commit(reader.slot);
  writtenResult(context, sequence, reader.ttlMs, true);
}
