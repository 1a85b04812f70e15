import { FrameError, incrementBytes, incrementFlags, readI64, resultFlags } from '../../shared/frame/layout.ts';
import { limits } from '../../shared/limits.ts';
import { octetStreamRef } from '../content-types.ts';
import { conditionHolds } from './condition.ts';
import {
  beginResult,
  contentTypeText,
  findItem,
  foundResult,
  leavesItem,
  type OperationContext,
  plainResult,
  remainingMs,
  valueOffset,
} from './context.ts';
import { conditionFailed, refuse } from './write.ts';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** Longest decimal that can be an integer of 64 bits: a sign and 19 digits; leading zeros beyond that are no counter. */
const decimalLengthMax = 20;
const decimal = new Uint8Array(decimalLengthMax);
/** A counter as it is stored: an inline content type (`content-types.ts`), if it has one, and the digits. */
const stored = new Uint8Array(1 + limits.contentTypeBytesMax + decimalLengthMax);

/**
 * increment: adds to a decimal signed 64-bit integer, exactly. A missing item starts at the amount. When the
 * sum would leave the bounds, or does not fit 64 bits, or the value is no integer, the item stays as it was.
 */
export function executeIncrement(context: OperationContext): void {
  const { reader } = context;
  const { bytes, payloadStart } = reader;
  if (payloadStart + incrementBytes !== reader.payloadEnd || reader.ttlMs === 0)
    throw new FrameError('payload of another length');
  const flags = bytes[payloadStart + 24]!;
  const present = findItem(context, true);
  if (!conditionHolds(context, present)) return conditionFailed(context, present);
  const before = present ? readCounter(context) : 0n;
  if (before === null) return foundResult(context, 'not_an_integer', false);
  const after = before + readI64(bytes, payloadStart);
  if (after < int64Min || after > int64Max) return foundOrPlain(context, 'integer_overflow', present, false);
  const belowMin = flags & incrementFlags.min && after < readI64(bytes, payloadStart + 8);
  const aboveMax = flags & incrementFlags.max && after > readI64(bytes, payloadStart + 16);
  if (belowMin || aboveMax) return foundOrPlain(context, 'bound_reached', present, true);
  storeCounter(context, after, present, present && (flags & incrementFlags.ttlOnCreateOnly) !== 0);
}

function foundOrPlain(
  context: OperationContext,
  status: 'bound_reached' | 'integer_overflow',
  present: boolean,
  withValue: boolean,
): void {
  if (present) foundResult(context, status, withValue);
  else plainResult(context, status);
}

function storeCounter(context: OperationContext, value: bigint, present: boolean, keepExpiry: boolean): void {
  const { reader, engine, slots, writer, nowMs } = context;
  // An inline content type stands before the digits, and stays there.
  const head = present ? valueOffset(engine) : 0;
  if (head > 0) engine.copyFound(0, head, stored, 0);
  const text = value.toString();
  for (let i = 0; i < text.length; i++) stored[head + i] = text.charCodeAt(i);
  const end = head + text.length;
  const ref = present ? engine.found.flags : octetStreamRef;
  const typeText = present ? contentTypeText(context, head) : '';
  const ttlMs = keepExpiry ? remainingMs(context) : reader.ttlMs;
  const expiresAtMs = keepExpiry ? engine.found.expiresAtMs : nowMs + reader.ttlMs;
  const sequence = slots.nextSequence(reader.slot);
  const { namespace, bytes, keyStart, keyLength } = reader;
  const kept = slots.lives.stored(reader.slot, sequence);
  const outcome = engine.put(namespace, bytes, keyStart, keyLength, stored, 0, end, ref, kept, expiresAtMs, nowMs);
  if (outcome !== 'stored') return refuse(context, outcome);
  leavesItem(context, typeText, stored, head, text.length, ttlMs);
  beginResult(context, 'done', present ? resultFlags.existed : 0);
  const at = writer.item(slots.dataEpoch(reader.slot), sequence, ttlMs, text.length, typeText, text.length);
  writer.bytes.set(stored.subarray(head, end), at);
  writer.end();
}

/** The found item as an integer, or null when it is none of 64 bits. */
function readCounter({ engine }: OperationContext): bigint | null {
  const offset = valueOffset(engine);
  const length = engine.found.valueLength - offset;
  if (length === 0 || length > decimalLengthMax) return null;
  engine.copyFound(offset, length, decimal, 0);
  let text = '';
  for (let i = 0; i < length; i++) {
    const code = decimal[i]!;
    const isSign = i === 0 && code === 0x2d && length > 1;
    if (!isSign && (code < 0x30 || code > 0x39)) return null;
    text += String.fromCharCode(code);
  }
  const value = BigInt(text);
  return value >= int64Min && value <= int64Max ? value : null;
}
