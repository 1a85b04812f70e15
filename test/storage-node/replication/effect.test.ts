import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/shared/frame/layout.ts';
import {
  type Effect,
  effectIdentity,
  encodeEffect,
  type MarkRecord,
  noEffect,
  type PutEffect,
  type RemoveEffect,
  readEffect,
} from '../../../src/storage-node/replication/effect.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const binary = (maxLength: number) => bytes(maxLength).map((found) => Buffer.from(found).toString('latin1'));
/** Bytes that lie somewhere in larger memory. */
interface Range {
  readonly memory: Uint8Array;
  readonly start: number;
  readonly length: number;
}
const range = (maxLength: number): fc.Arbitrary<Range> =>
  fc.tuple(bytes(8), bytes(maxLength), bytes(8)).map(([before, own, after]) => ({
    memory: Buffer.concat([before, own, after]),
    start: before.length,
    length: own.length,
  }));
const all = (memory: Uint8Array): Range => ({ memory, start: 0, length: memory.length });
const keyRange = ({ memory, start, length }: Range) => ({ keyBytes: memory, keyStart: start, keyLength: length });

interface PutParts {
  readonly namespace: number;
  readonly key: Range;
  readonly ttlMs: number;
  readonly contentType: string;
  readonly value: Range;
}
function put({ namespace, key, ttlMs, contentType, value }: PutParts): PutEffect {
  const { memory: valueBytes, start: valueStart, length: valueLength } = value;
  return { kind: 'put', namespace, ...keyRange(key), ttlMs, contentType, valueBytes, valueStart, valueLength };
}
function remove(namespace: number, key: Range): RemoveEffect {
  return { kind: 'remove', namespace, ...keyRange(key) };
}

const topicName = { space: u32, name: binary(512) };
const effects = fc.oneof<fc.Arbitrary<Effect>[]>(
  fc.constant(noEffect),
  fc
    .record({ namespace: u32, key: range(300), ttlMs: u32, contentType: binary(255), value: range(500) })
    .map(({ key, value, ...rest }) => put({ ...rest, key, value })),
  fc.record({ namespace: u32, key: range(300) }).map(({ namespace, key }) => remove(namespace, key)),
  fc.record({ kind: fc.constant('publish' as const), ...topicName, frame: bytes(400) }),
  fc.record({ kind: fc.constant('forget' as const), ...topicName, pagesGiven: u32 }),
  fc.record({ kind: fc.constant('pages' as const), pagesGiven: u32 }),
  fc.record({
    kind: fc.constant('topic' as const),
    ...topicName,
    page: u53,
    lastSequence: u53,
    newest: u53,
    messages: fc.array(fc.record({ ageMs: u32, frame: bytes(60) }), { maxLength: 8 }),
  }),
);
const mark = fc.uint8Array({ minLength: 16, maxLength: 16 });
const records: fc.Arbitrary<MarkRecord | null> = fc.option(
  fc.record({ id: mark, fingerprint: mark, remainingMs: u32, result: bytes(200) }),
);

/** As plain arrays and values, whatever memory they lie in. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = { ...value } as Record<string, unknown>;
  for (const name of ['key', 'value']) {
    const memory = fields[`${name}Bytes`] as Uint8Array | undefined;
    if (memory === undefined) continue;
    const start = fields[`${name}Start`] as number;
    fields[name] = memory.subarray(start, start + (fields[`${name}Length`] as number));
    for (const part of ['Bytes', 'Start', 'Length']) delete fields[`${name}${part}`];
  }
  return Object.fromEntries(Object.entries(fields).map(([name, found]) => [name, plain(found)]));
}

describe('effects', () => {
  it('come back as they were, with and without a record', () => {
    fc.assert(
      fc.property(effects, records, (effect, record) => {
        const read = readEffect(encodeEffect(effect, record));
        expect(plain(read)).toEqual(plain({ effect, record }));
      }),
      { numRuns: 500 },
    );
  });

  it('cut off anywhere: refused, or read within their bytes', () => {
    fc.assert(
      fc.property(effects, records, fc.double({ min: 0, max: 1, noNaN: true }), (effect, record, share) => {
        const whole = encodeEffect(effect, record);
        const cut = whole.subarray(0, Math.floor(whole.length * share));
        try {
          readEffect(cut);
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are about the item they put or remove, whatever comes with them; others are merged', () => {
    const key = all(Buffer.from('key'));
    const item = { namespace: 7, key, ttlMs: 1, contentType: 'text/plain', value: all(Buffer.from('v')) };
    const record = { id: Buffer.alloc(16), fingerprint: Buffer.alloc(16), remainingMs: 5, result: Buffer.alloc(30) };
    const identity = effectIdentity(encodeEffect(put(item), null));
    expect(identity).not.toBeNull();
    expect(effectIdentity(encodeEffect(put(item), record))).toBe(identity);
    expect(effectIdentity(encodeEffect(remove(7, key), record))).toBe(identity);
    expect(effectIdentity(encodeEffect(remove(8, key), null))).not.toBe(identity);
    expect(effectIdentity(encodeEffect(put({ ...item, key: all(Buffer.from('other')) }), null))).not.toBe(identity);
    for (const merged of [noEffect, { kind: 'pages', pagesGiven: 3 } as const])
      expect(effectIdentity(encodeEffect(merged, record))).toBeNull();
  });
});
