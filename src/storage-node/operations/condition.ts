import {
  anyVersion,
  conditionParts,
  FrameError,
  readU16,
  readU32,
  readU64,
  versionBytes,
} from '../../shared/frame/layout.ts';
import { valueConditionKinds } from '../../shared/operation.ts';
import { sequenceOf } from '../slot-lives.ts';
import { type OperationContext, valueOffset } from './context.ts';

/**
 * Whether the operation's condition holds, `present` telling whether `engine.found` is the item. Parts are
 * judged in the order of RFC 9110 §13.2.2 (If-Match, If-None-Match), then the value condition; all must hold.
 */
export function conditionHolds(context: OperationContext, present: boolean): boolean {
  const { reader } = context;
  if (reader.conditionStart < 0) return true;
  const bytes = reader.bytes;
  const end = reader.conditionEnd;
  let at = reader.conditionStart;
  const parts = bytes[at++]!;
  let holds = true;
  if (parts & conditionParts.value) {
    const length = readU32(bytes, at + 1);
    if (at + 5 + length > end) throw new FrameError('condition cut off');
    holds = valueHolds(context, present, bytes[at]!, at + 5, length);
    at += 5 + length;
  }
  if (parts & conditionParts.ifMatch) {
    holds &&= listed(context, present, at, end);
    at = listEnd(bytes, at);
  }
  if (parts & conditionParts.ifNoneMatch) {
    holds &&= !listed(context, present, at, end);
    at = listEnd(bytes, at);
  }
  if (at !== end) throw new FrameError('condition of another length');
  return holds;
}

function valueHolds(context: OperationContext, present: boolean, code: number, start: number, length: number): boolean {
  const kind = valueConditionKinds[code];
  const equal = (): boolean =>
    present && context.engine.foundEquals(valueOffset(context.engine), context.reader.bytes, start, length);
  switch (kind) {
    case 'absent':
      return !present;
    case 'present':
      return present;
    case 'equal':
      return equal();
    case 'not_equal':
      return !equal();
    case 'present_and_not_equal':
      return present && !equal();
    case 'absent_or_equal':
      return !present || equal();
    case undefined:
      throw new FrameError('unknown condition');
  }
}

/** Whether the item is one of the versions listed at `start`; `*` lists every item that exists. */
function listed(context: OperationContext, present: boolean, start: number, end: number): boolean {
  const { reader, engine, slots } = context;
  if (listEnd(reader.bytes, start) > end) throw new FrameError('condition cut off');
  const count = readU16(reader.bytes, start);
  if (!present) return false;
  if (count === anyVersion) return true;
  const dataEpoch = slots.dataEpoch(reader.slot);
  const sequence = sequenceOf(engine.found.sequence);
  for (let i = 0; i < count; i++) {
    const at = start + 2 + i * versionBytes;
    if (readU32(reader.bytes, at) === dataEpoch && readU64(reader.bytes, at + 4) === sequence) return true;
  }
  return false;
}

function listEnd(bytes: Uint8Array, start: number): number {
  const count = readU16(bytes, start);
  return start + 2 + (count === anyVersion ? 0 : count * versionBytes);
}
