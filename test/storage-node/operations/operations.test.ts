import { beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  Condition,
  Operation,
  OperationResult,
  TtlMode,
  ValueConditionKind,
  Version,
} from '../../../src/shared/operation.ts';
import { octetStream } from '../../../src/shared/operation.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { target, testCache, testRegistry, utf8 } from '../../support/fleet-state.ts';
import { int64Max, int64Min } from '../../support/operation-arbitraries.ts';
import { TestStorage } from '../../support/storage.ts';
import { engines } from './engines.ts';

const cache = testCache();
const at = target(cache, 'key');
const text = (result: OperationResult): string | undefined =>
  result.item?.value && new TextDecoder().decode(result.item.value);

describe.each(engines)('operations on the %s', (_name, newEngine) => {
  let node: TestStorage;
  beforeEach(() => {
    node = new TestStorage({ engine: newEngine() });
  });

  const set = (value: string | Uint8Array, more: object = {}): OperationResult =>
    node.run({
      kind: 'set',
      ...at,
      value: typeof value === 'string' ? utf8(value) : value,
      contentType: octetStream,
      ttlMs: 60_000,
      ...more,
    });
  const get = (): OperationResult => node.run({ kind: 'get', ...at });
  const describeItem = (): OperationResult => node.run({ kind: 'describe', ...at });
  const increment = (amount: bigint, more: object = {}): OperationResult =>
    node.run({ kind: 'increment', ...at, amount, ttlMs: 60_000, ttlOnCreateOnly: false, ...more });
  const ttl = (mode: TtlMode, ttlMs: number, more: object = {}): OperationResult =>
    node.run({ kind: 'ttl', ...at, mode, ttlMs, ...more });
  const swap = (value: string, more: object = {}): OperationResult =>
    node.run({ kind: 'swap', ...at, value: utf8(value), contentType: octetStream, ttlMs: 60_000, ...more });
  const take = (more: object = {}): OperationResult => node.run({ kind: 'take', ...at, ...more });
  const remove = (more: object = {}): OperationResult => node.run({ kind: 'delete', ...at, ...more });

  describe('get, describe, set', () => {
    it('get: tells value, version, TTL and content type of what was set', () => {
      expect(get()).toMatchObject({ status: 'missing', item: null });
      expect(set('value', { contentType: 'text/plain' })).toMatchObject({
        status: 'done',
        item: { version: { dataEpoch: 1, sequence: 1 } },
      });
      node.clock.advance(1_000);
      const result = get();
      expect(result).toMatchObject({
        status: 'done',
        item: { version: { dataEpoch: 1, sequence: 1 }, ttlMs: 59_000, valueLength: 5, contentType: 'text/plain' },
      });
      expect(text(result)).toBe('value');
    });

    it('get: an empty value is a value', () => {
      set(new Uint8Array(0));
      expect(get()).toMatchObject({ status: 'done', item: { valueLength: 0, value: new Uint8Array(0) } });
    });

    it('get: a value of the largest size comes back byte for byte', () => {
      const value = new Uint8Array(5 * 1024 * 1024 - at.key.length).map((_, i) => i * 7);
      expect(set(value).status).toBe('done');
      const result = get();
      expect(Buffer.compare(result.item!.value, value)).toBe(0);
    });

    it('get: is there to the last millisecond and not after', () => {
      set('value', { ttlMs: 10 });
      node.clock.advance(9);
      expect(get()).toMatchObject({ status: 'done', item: { ttlMs: 1 } });
      node.clock.advance(1);
      expect(get().status).toBe('missing');
    });

    it('describe: tells all but the value, and counts as no use', () => {
      set('value', { contentType: 'text/plain' });
      const find = vi.spyOn(node.engine, 'find');
      const result = describeItem();
      expect(result).toMatchObject({
        status: 'done',
        item: { valueLength: 5, contentType: 'text/plain', value: new Uint8Array(0) },
      });
      expect(find.mock.lastCall!.at(-1)).toBe(false);
      get();
      expect(find.mock.lastCall!.at(-1)).toBe(true);
      remove();
      expect(describeItem()).toMatchObject({ status: 'missing', item: null });
    });

    it('delete: done whether or not there was an item', () => {
      expect(remove()).toMatchObject({ status: 'done', existed: false });
      set('value');
      expect(remove()).toMatchObject({ status: 'done', existed: true });
      expect(get().status).toBe('missing');
    });

    it('take: gives the item and leaves none', () => {
      expect(take()).toMatchObject({ status: 'missing', item: null });
      set('value', { contentType: 'text/plain' });
      const taken = take();
      expect(taken).toMatchObject({
        status: 'done',
        item: { contentType: 'text/plain', version: { sequence: 1 }, ttlMs: 60_000 },
      });
      expect(text(taken)).toBe('value');
      expect(take().status).toBe('missing');
    });

    it('swap: gives what was there under the new version, or nothing', () => {
      const first = swap('one');
      expect(first).toMatchObject({
        status: 'done',
        existed: false,
        item: { version: { sequence: 1 }, valueLength: 0 },
      });
      const second = swap('two', { contentType: 'text/plain', ttlMs: 5_000 });
      expect(second).toMatchObject({
        status: 'done',
        existed: true,
        item: { version: { sequence: 2 }, ttlMs: 5_000, contentType: octetStream },
      });
      expect(text(second)).toBe('one');
      expect(get()).toMatchObject({ item: { version: { sequence: 2 }, ttlMs: 5_000, contentType: 'text/plain' } });
      expect(text(get())).toBe('two');
    });
  });

  describe('conditions', () => {
    const kinds: [ValueConditionKind, absent: boolean, equal: boolean, different: boolean][] = [
      ['absent', true, false, false],
      ['present', false, true, true],
      ['equal', false, true, false],
      ['not_equal', true, false, true],
      ['present_and_not_equal', false, false, true],
      ['absent_or_equal', true, true, false],
    ];
    const writes: [string, (condition: Condition) => OperationResult][] = [
      ['set', (condition) => set('new', { condition })],
      ['swap', (condition) => swap('new', { condition })],
      ['delete', (condition) => remove({ condition })],
      ['ttl', (condition) => ttl('set', 1_000, { condition })],
      ['take', (condition) => take({ condition })],
    ];

    describe.each(writes)('%s', (kind, write) => {
      const missing = kind === 'ttl' || kind === 'take' ? 'missing' : 'done';

      it.each(kinds)('if %s: nothing there %s, equal %s, different %s', (condition, absent, equal, different) => {
        const value = {
          kind: condition,
          ...(condition === 'absent' || condition === 'present' ? {} : { compare: utf8('old') }),
        };
        expect(write({ value })).toMatchObject({ status: absent ? missing : 'condition_not_met' });
        for (const [stored, holds] of [
          ['old', equal],
          ['older', different],
          ['', different],
          ['olD', different],
        ] as const) {
          const { version } = set(stored).item!;
          const result = write({ value });
          expect(result.status).toBe(holds ? 'done' : 'condition_not_met');
          if (holds) continue;
          expect(result.item).toMatchObject({ version, valueLength: stored.length, value: new Uint8Array(0) });
          expect(text(get())).toBe(stored);
          expect(get().item!.version).toEqual(version);
        }
      });

      it('If-Match: the version in the list, or any with *', () => {
        const other = { dataEpoch: 1, sequence: 77 };
        for (const ifMatch of ['*', [other], []] as const) expect(write({ ifMatch }).status).toBe('condition_not_met');
        const { version } = set('value').item!;
        for (const ifMatch of [[], [other], [{ ...version, dataEpoch: 2 }]]) {
          expect(write({ ifMatch })).toMatchObject({ status: 'condition_not_met', item: { version } });
          expect(get().item!.version).toEqual(version);
        }
        expect(write({ ifMatch: [other, version] }).status).toBe('done');
        set('value');
        expect(write({ ifMatch: '*' }).status).toBe('done');
      });

      it('If-None-Match: no version of the list, or none at all with *', () => {
        const other = { dataEpoch: 1, sequence: 77 };
        for (const ifNoneMatch of ['*', [other], []] as const) {
          remove();
          expect(write({ ifNoneMatch }).status).toBe(missing);
        }
        const { version } = set('value').item!;
        for (const ifNoneMatch of ['*', [version], [other, version]] as const)
          expect(write({ ifNoneMatch })).toMatchObject({ status: 'condition_not_met', item: { version } });
        expect(write({ ifNoneMatch: [other] }).status).toBe('done');
      });

      it('all parts must hold', () => {
        const { version } = set('value').item!;
        const value = { kind: 'equal', compare: utf8('value') } as const;
        const wrong: Condition[] = [
          { value: { ...value, compare: utf8('other') }, ifMatch: [version], ifNoneMatch: [] },
          { value, ifMatch: [], ifNoneMatch: [] },
          { value, ifMatch: [version], ifNoneMatch: [version] },
        ];
        for (const condition of wrong) expect(write(condition).status).toBe('condition_not_met');
        expect(write({ value, ifMatch: [version], ifNoneMatch: [{ dataEpoch: 9, sequence: 9 }] }).status).toBe('done');
      });
    });

    it('compare: a megabyte is compared to its last byte', () => {
      const value = new Uint8Array(1024 * 1024).fill(5);
      set(value);
      const equal = (compare: Uint8Array) => set('new', { condition: { value: { kind: 'equal', compare } } }).status;
      expect(equal(value.with(value.length - 1, 6))).toBe('condition_not_met');
      expect(equal(value.subarray(1))).toBe('condition_not_met');
      expect(equal(value)).toBe('done');
    });

    it('increment: holds to its conditions too', () => {
      expect(increment(1n, { condition: { value: { kind: 'present' } } }).status).toBe('condition_not_met');
      const { version } = increment(1n).item!;
      expect(increment(1n, { condition: { ifMatch: [version] } })).toMatchObject({ status: 'done', existed: true });
      expect(increment(1n, { condition: { ifMatch: [version] } })).toMatchObject({ status: 'condition_not_met' });
      expect(text(get())).toBe('2');
    });
  });

  describe('increment', () => {
    it.each<[string, bigint, string]>([
      ['0', 1n, '1'],
      ['-5', 3n, '-2'],
      ['9007199254740993', 1n, '9007199254740994'],
      ['9223372036854775806', 1n, '9223372036854775807'],
      ['-9223372036854775807', -1n, '-9223372036854775808'],
      ['9223372036854775807', int64Min, '-1'],
      ['007', 1n, '8'],
      ['-0', 0n, '0'],
    ])('%s plus %s is %s, exactly', (before, amount, after) => {
      set(before);
      const result = increment(amount);
      expect(result).toMatchObject({ status: 'done', existed: true });
      expect([text(result), text(get())]).toEqual([after, after]);
    });

    it('creates at the amount', () => {
      expect(increment(int64Min)).toMatchObject({ status: 'done', existed: false, item: { ttlMs: 60_000 } });
      expect(text(get())).toBe(String(int64Min));
    });

    it.each([
      '',
      ' 1',
      '1 ',
      '+1',
      '1.0',
      '1e3',
      '0x1',
      '-',
      '--1',
      '1-',
      '9223372036854775808',
      '-9223372036854775809',
      '000000000000000000001',
      'abc',
    ])('not an integer: keeps %j', (value) => {
      const { version } = set(value).item!;
      expect(increment(1n)).toMatchObject({ status: 'not_an_integer', item: { version } });
      expect(text(get())).toBe(value);
      expect(get().item!.version).toEqual(version);
    });

    it.each([
      [int64Max, 1n],
      [int64Max, int64Max],
      [int64Min, -1n],
      [int64Min, int64Min],
    ])('overflow: %s plus %s keeps the value', (before, amount) => {
      const { version } = set(String(before)).item!;
      expect(increment(amount)).toMatchObject({ status: 'integer_overflow', item: { version } });
      expect(text(get())).toBe(String(before));
    });

    it('keeps the value when a bound is reached, and tells it', () => {
      const { version } = set('10').item!;
      for (const [amount, bounds] of [
        [1n, { max: 10n }],
        [-1n, { min: 10n }],
        [5n, { min: 0n, max: 14n }],
        [0n, { min: 11n }],
      ] as const) {
        const result = increment(amount, bounds);
        expect(result).toMatchObject({ status: 'bound_reached', item: { version } });
        expect([text(result), text(get())]).toEqual(['10', '10']);
      }
      expect(text(increment(1n, { min: 11n, max: 11n }))).toBe('11');
      expect(text(increment(-20n, { min: int64Min, max: int64Max }))).toBe('-9');
    });

    it('creates nothing when the amount is out of bounds', () => {
      expect(increment(5n, { max: 4n })).toMatchObject({ status: 'bound_reached', item: null });
      expect(get().status).toBe('missing');
    });

    it('TTL: set by each, or by the one that creates', () => {
      increment(1n, { ttlMs: 10_000, ttlOnCreateOnly: true });
      node.clock.advance(4_000);
      expect(increment(1n, { ttlMs: 10_000, ttlOnCreateOnly: true }).item!.ttlMs).toBe(6_000);
      expect(get().item!.ttlMs).toBe(6_000);
      expect(increment(1n, { ttlMs: 10_000 }).item!.ttlMs).toBe(10_000);
      node.clock.advance(10_000);
      expect(increment(1n, { ttlMs: 10_000, ttlOnCreateOnly: true })).toMatchObject({
        existed: false,
        item: { ttlMs: 10_000 },
      });
      expect(text(get())).toBe('1');
    });

    it('TTL: keeps its expiry through a thousand increments at odd times', () => {
      increment(1n, { ttlMs: 10_000, ttlOnCreateOnly: true });
      for (let i = 0; i < 1_000; i++) {
        node.clock.advance(1.25);
        increment(1n, { ttlMs: 10_000, ttlOnCreateOnly: true });
      }
      expect(get().item!.ttlMs).toBe(10_000 - 1_250);
    });

    it('keeps the content type', () => {
      set('41', { contentType: 'text/plain' });
      expect(increment(1n).item!.contentType).toBe('text/plain');
      expect(get().item).toMatchObject({ contentType: 'text/plain', value: utf8('42') });
    });
  });

  describe('ttl', () => {
    it.each<[TtlMode, number, boolean]>([
      ['set', 70_000, true],
      ['set', 50_000, true],
      ['set', 60_000, true],
      ['raise', 70_000, true],
      ['raise', 60_000, false],
      ['raise', 50_000, false],
      ['lower', 50_000, true],
      ['lower', 60_000, false],
      ['lower', 70_000, false],
    ])('%s to %i from 60,000: changes %s', (mode, ttlMs, changes) => {
      set('value', { contentType: 'text/plain' });
      const result = ttl(mode, ttlMs);
      const after = { version: { dataEpoch: 1, sequence: changes ? 2 : 1 }, ttlMs: changes ? ttlMs : 60_000 };
      expect(result).toMatchObject({ status: changes ? 'done' : 'ttl_not_changed', item: after });
      expect(get().item).toMatchObject({ ...after, contentType: 'text/plain', value: utf8('value') });
      node.clock.advance(after.ttlMs - 1);
      expect(get().status).toBe('done');
      node.clock.advance(1);
      expect(get().status).toBe('missing');
    });

    it('of nothing: missing', () => {
      expect(ttl('set', 1)).toMatchObject({ status: 'missing', item: null });
    });
  });

  describe('content types', () => {
    /** Fills the table of small numbers, so that every further type stands before its value. */
    const fillTable = (): void => {
      for (let i = 0; i <= nodeLimits.contentTypesMax; i++) set('x', { contentType: `text/x-${i}` });
    };

    it('past the table each value carries its own, and nobody sees a difference', () => {
      fillTable();
      const contentType = `a/${'b'.repeat(253)}`;
      const { version } = set('value', { contentType }).item!;
      expect(get().item).toMatchObject({ contentType, valueLength: 5, value: utf8('value') });
      expect(describeItem().item).toMatchObject({ contentType, valueLength: 5 });
      expect(ttl('raise', 70_000).status).toBe('done');
      expect(get().item).toMatchObject({ contentType, value: utf8('value') });
      expect(set('x', { condition: { value: { kind: 'not_equal', compare: utf8('value') } } })).toMatchObject({
        status: 'condition_not_met',
        item: { contentType, valueLength: 5 },
      });
      expect(
        set('other', { contentType, condition: { value: { kind: 'equal', compare: utf8('value') } } }).status,
      ).toBe('done');
      expect(swap('third', { contentType: 'text/x-1' }).item).toMatchObject({ contentType, value: utf8('other') });
      set('', { contentType });
      expect(take().item).toMatchObject({ contentType, valueLength: 0 });
      expect(version.sequence).toBe(nodeLimits.contentTypesMax + 2);
      set('1', { contentType: 'text/x-1' });
      expect(get().item!.contentType).toBe('text/x-1');
    });

    it('increment: keeps a content type that stands before the value', () => {
      fillTable();
      set('41', { contentType: 'application/x-counter' });
      const result = increment(1n);
      expect(result.item).toMatchObject({ contentType: 'application/x-counter', valueLength: 2, value: utf8('42') });
      expect(increment(58n).item).toMatchObject({
        contentType: 'application/x-counter',
        valueLength: 3,
        value: utf8('100'),
      });
      expect(get().item).toMatchObject({ contentType: 'application/x-counter', valueLength: 3, value: utf8('100') });
    });
  });

  it('cache_full: the older item stays, with its version, and the slot gives out no number', () => {
    node.executor.applyRegistry(testRegistry(2, { cache: 1 }, { eviction: 'none' }));
    const { version } = set('41').item!;
    const filler = new Uint8Array(1024 * 1024);
    let stored = 0;
    const fill = (index: number): OperationResult =>
      node.run({
        kind: 'set',
        ...target(cache, `filler ${index}`),
        value: filler,
        contentType: octetStream,
        ttlMs: 60_000,
      });
    while (fill(stored).status === 'done') stored++;
    expect(stored).toBeGreaterThan(15);
    const large = { value: new Uint8Array(4 * 1024 * 1024) };
    expect(set('', large)).toMatchObject({ status: 'cache_full', item: null });
    expect(swap('', large)).toMatchObject({ status: 'cache_full', item: null });
    expect(get().item).toMatchObject({ version, value: utf8('41') });
    remove({ condition: { ifMatch: [version] } });
    const next: Version = set('1').item!.version;
    expect(next.sequence).toBe(version.sequence + 2);
  });

  it('a key of another generation of the cache is another key', () => {
    set('old');
    node.executor.applyRegistry(testRegistry(2, { cache: 2 }));
    expect(get().status).toBe('behind');
    const flushed = { ...at, cache: { ...cache, namespace: 2 } };
    expect(node.run({ kind: 'get', ...flushed }).status).toBe('missing');
    const operation: Operation = {
      kind: 'set',
      ...flushed,
      value: utf8('new'),
      contentType: octetStream,
      ttlMs: 1_000,
    };
    expect(node.run(operation).status).toBe('done');
    expect(text(node.run({ kind: 'get', ...flushed }))).toBe('new');
  });
});
