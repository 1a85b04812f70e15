import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/shared/frame/layout.ts';
import { RequestReader } from '../../../src/shared/frame/request-reader.ts';
import type { Condition, Operation, VersionList } from '../../../src/shared/operation.ts';
import { isOfTopics, octetStream, ttlModes, valueConditionKinds } from '../../../src/shared/operation.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { target, testCache } from '../../support/fleet-state.ts';
import { operations } from '../../support/operation-arbitraries.ts';
import { requestFrame } from '../../support/storage.ts';

const cache = { ...testCache('frames', 0xffff_fffe), topicSpace: 0xffff_fffd };
const traces = fc.option(fc.uint8Array({ minLength: 24, maxLength: 24 }), { nil: null });
const kindOfCode = ['', 'get', 'describe', 'set', 'delete', 'take', 'swap', 'increment', 'ttl', 'claim'].concat([
  'publish',
  'topic',
  'topics',
]);

/** The reader's current operation, decoded by the tables of `layout.ts` and by nothing else of the source. */
function decode(reader: RequestReader): { operation: object; trace: Uint8Array | null } {
  const { bytes, payloadStart, payloadEnd } = reader;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const kind = kindOfCode[reader.code];
  const operation: Record<string, unknown> = {
    kind,
    cache,
    hash: reader.hash,
    key: bytes.slice(reader.keyStart, reader.keyStart + reader.keyLength),
  };
  if (reader.idempotencyStart >= 0)
    operation['idempotency'] = {
      id: bytes.slice(reader.idempotencyStart, reader.idempotencyStart + 16),
      fingerprint: bytes.slice(reader.idempotencyStart + 16, reader.idempotencyStart + 32),
    };
  if (reader.conditionStart >= 0)
    operation['condition'] = decodeCondition(bytes, view, reader.conditionStart, reader.conditionEnd);
  if (reader.ttlMs !== 0) operation['ttlMs'] = reader.ttlMs;
  if (kind === 'set' || kind === 'swap') {
    const length = bytes[payloadStart]!;
    const type = Buffer.from(bytes.subarray(payloadStart + 1, payloadStart + 1 + length)).toString('latin1');
    operation['contentType'] = type === '' ? octetStream : type;
    operation['value'] = bytes.slice(payloadStart + 1 + length, payloadEnd);
  } else if (kind === 'increment') {
    const flags = bytes[payloadStart + 24]!;
    operation['amount'] = view.getBigInt64(payloadStart, true);
    if (flags & 1) operation['min'] = view.getBigInt64(payloadStart + 8, true);
    if (flags & 2) operation['max'] = view.getBigInt64(payloadStart + 16, true);
    operation['ttlOnCreateOnly'] = (flags & 4) !== 0;
  } else if (kind === 'ttl') operation['mode'] = ttlModes[bytes[payloadStart]!];
  else if (kind === 'publish') {
    const tokenEnd = payloadStart + 3 + view.getUint16(payloadStart + 1, true);
    operation['text'] = bytes[payloadStart] === 1;
    operation['tokenId'] = new TextDecoder().decode(bytes.subarray(payloadStart + 3, tokenEnd));
    operation['value'] = bytes.slice(tokenEnd, payloadEnd);
  } else if (kind === 'topics') {
    operation['limit'] = view.getUint16(payloadStart, true);
    operation['after'] = bytes.slice(payloadStart + 2, payloadEnd);
  } else expect(payloadEnd).toBe(payloadStart);
  return { operation, trace: reader.traceStart < 0 ? null : bytes.slice(reader.traceStart, reader.traceStart + 24) };
}

function decodeCondition(bytes: Uint8Array, view: DataView, start: number, end: number): Condition {
  let at = start + 1;
  const parts = bytes[start]!;
  const list = (): VersionList => {
    const count = view.getUint16(at, true);
    at += 2;
    if (count === 0xffff) return '*';
    return Array.from({ length: count }, () => {
      const version = { dataEpoch: view.getUint32(at, true), sequence: Number(view.getBigUint64(at + 4, true)) };
      at += 12;
      return version;
    });
  };
  const condition: { -readonly [K in keyof Condition]: Condition[K] } = {};
  if (parts & 1) {
    const length = view.getUint32(at + 1, true);
    condition.value = { kind: valueConditionKinds[bytes[at]!]!, compare: bytes.slice(at + 5, at + 5 + length) };
    at += 5 + length;
  }
  if (parts & 2) condition.ifMatch = list();
  if (parts & 4) condition.ifNoneMatch = list();
  expect(at).toBe(end);
  return condition;
}

/** An absent value to compare with and an empty one are the same on the wire. */
function normal(operation: Operation): object {
  const condition = 'condition' in operation ? operation.condition : undefined;
  if (condition?.value === undefined) return operation;
  return { ...operation, condition: { ...condition, value: { compare: new Uint8Array(0), ...condition.value } } };
}

describe('request frame', () => {
  it('carries operations of every kind with all of their parts', () => {
    fc.assert(
      fc.property(fc.array(operations(cache), { minLength: 1, maxLength: 8 }), traces, (sent, trace) => {
        const reader = new RequestReader();
        reader.open(requestFrame(sent, { viewNumber: 0xffff_ffff, registryRevision: 3, deadlineMs: 4_999 }, trace));
        expect([reader.frameIdLow, reader.frameIdHigh]).toEqual([7, 9]);
        expect([reader.viewNumber, reader.registryRevision, reader.deadlineMs]).toEqual([0xffff_ffff, 3, 4_999]);
        for (const operation of sent) {
          expect(reader.next()).toBe(true);
          expect(reader.slot).toBe(slotOf(operation.hash));
          expect(reader.namespace).toBe(isOfTopics(operation) ? cache.topicSpace : cache.namespace);
          expect(decode(reader)).toEqual({ operation: normal(operation), trace });
        }
        expect(reader.next()).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('an empty frame holds no operation', () => {
    const reader = new RequestReader();
    reader.open(requestFrame([]));
    expect(reader.next()).toBe(false);
  });

  it.each<[string, (frame: Uint8Array) => Uint8Array]>([
    ['empty', () => new Uint8Array(0)],
    ['shorter than a header', (frame) => frame.subarray(0, 31)],
    ['of another magic', (frame) => frame.with(0, 0x48)],
    ['a reply', (frame) => frame.with(2, 0x52)],
    ['one byte short', (frame) => frame.subarray(0, frame.length - 1)],
    ['one byte long', (frame) => Uint8Array.from([...frame, 0])],
  ])('%s: is refused when opened', (_name, broken) => {
    const frame = requestFrame([{ kind: 'get', ...target(cache, 'key') }]);
    expect(() => new RequestReader().open(broken(frame))).toThrow(FrameError);
  });

  it.each<[string, number, number]>([
    ['more operations than it holds', 28, 2],
    ['fewer operations than it holds', 28, 0],
    ['an operation of unknown kind', 32, 13],
    ['an operation of kind 0', 32, 0],
    ['a flag that is not known', 33, 16],
    ['an optional part that is cut off', 33, 2],
    ['a slot that is not its hash’s', 34, 0xff],
    ['a key that is longer than the frame', 45, 0xff],
    ['a rest that is longer than the frame', 51, 0xff],
  ])('with %s: is refused when read', (_name, at, value) => {
    const frame = requestFrame([{ kind: 'get', ...target(cache, 'key') }]);
    const reader = new RequestReader();
    reader.open(frame.with(at, value));
    expect(() => {
      while (reader.next());
    }).toThrow(FrameError);
  });
});
