import { describe, expect, it } from 'vitest';
import type { HistoryEntry, KeyOperation, Outcome } from './history.ts';
import { checkInvariants, checkLateReads, checkStaleReads } from './invariants.ts';
import { NotedLifetimes } from './lifetimes.ts';

function entry(invokeMs: number, operation: KeyOperation, outcome: Outcome): HistoryEntry {
  return { client: 'c', key: 'k', invokeMs, returnMs: invokeMs + 1, operation, outcome };
}
const increment = { kind: 'increment', amount: 1 } as const;
const get = { kind: 'get' } as const;
const put = (value: string) => ({ kind: 'put', value }) as const;
const putIfAbsent = (value: string) => ({ kind: 'put_if_absent', value }) as const;
const found = (value: string | null) => ({ kind: 'done', value }) as const;
const at = (sequence: number, dataEpoch = 1) => ({ version: { dataEpoch, sequence } });
const unknown = { kind: 'unknown' } as const;

describe('counters', () => {
  it('between the acknowledged increments and those with unknown ones', () => {
    const some = [entry(0, increment, found('1')), entry(2, increment, unknown), entry(4, increment, unknown)];
    for (const value of ['1', '2', '3']) expect(checkInvariants([...some, entry(6, get, found(value))])).toEqual([]);
    expect(checkInvariants([...some, entry(6, get, found('4'))])).toEqual(['counter k: 4 at 7, not from 1 to 3']);
    expect(checkInvariants([...some, entry(6, get, found(null))])).toEqual(['counter k: 0 at 7, not from 1 to 3']);
  });

  it('an increment includes itself', () => {
    expect(checkInvariants([entry(0, increment, found('1')), entry(2, increment, found('1'))])).toHaveLength(1);
  });

  it('a key that is also deleted is none', () => {
    const history = [
      entry(0, increment, found('1')),
      entry(2, { kind: 'delete' }, unknown),
      entry(4, get, found(null)),
    ];
    expect(checkInvariants(history)).toEqual([]);
  });
});

describe('put_if_absent', () => {
  const win = (atMs: number) => entry(atMs, putIfAbsent(`v${atMs}`), { kind: 'done', applied: true });

  it('one winner, and one more for each delete', () => {
    expect(checkInvariants([win(0)])).toEqual([]);
    expect(checkInvariants([win(0), win(2)])).toEqual(['put_if_absent of k: 2 winners in at most 1 lives']);
    expect(checkInvariants([win(0), entry(2, { kind: 'delete' }, unknown), win(4)])).toEqual([]);
  });

  it('a delete of nothing ends no life', () => {
    const nothing = entry(2, { kind: 'delete' }, { kind: 'done', applied: false });
    expect(checkInvariants([win(0), nothing, win(4)])).toHaveLength(1);
  });
});

describe('versions', () => {
  const wrote = (atMs: number, sequence: number, dataEpoch = 1) =>
    entry(atMs, put(`v${atMs}`), { kind: 'done', ...at(sequence, dataEpoch) });
  const read = (atMs: number, value: string, sequence: number) =>
    entry(atMs, get, { ...found(value), ...at(sequence) });

  it('grow with each write', () => {
    expect(checkInvariants([wrote(0, 1), wrote(2, 2), wrote(4, 1, 2)])).toEqual([]);
    expect(checkInvariants([wrote(0, 2), wrote(2, 1)])).toEqual(['version of k: 1.1 at 2 after 1.2']);
    expect(checkInvariants([wrote(0, 2), wrote(2, 2)])).toContain('version of k: 1.2 was written twice');
  });

  it('do not go back for readers', () => {
    expect(checkInvariants([wrote(0, 1), read(2, 'v0', 1), read(4, 'v0', 1)])).toEqual([]);
    expect(checkInvariants([wrote(0, 1), wrote(2, 2), read(4, 'v0', 1)])).toHaveLength(1);
  });

  it('name one value each', () => {
    expect(checkInvariants([wrote(0, 1), read(2, 'other', 1)])).toEqual(['version 1.1 of k: v0 and other']);
  });

  it('concurrent operations may see them in any order', () => {
    const [one, other] = [wrote(0, 2), wrote(0, 1)];
    expect(checkInvariants([one, other])).toEqual([]);
  });
});

describe('balanced reads', () => {
  const history = [entry(0, put('a'), unknown), entry(0, increment, found('1')), entry(8, put('b'), { kind: 'done' })];

  it('may find nothing, or anything that may have been written', () => {
    const reads = [entry(4, get, found(null)), entry(4, get, found('a')), entry(4, get, found('1'))];
    expect(checkStaleReads(reads, history)).toEqual([]);
  });

  it('never find what was not written yet', () => {
    expect(checkStaleReads([entry(4, get, found('b'))], history)).toHaveLength(1);
    expect(checkStaleReads([entry(4, get, found('2'))], history)).toHaveLength(1);
    expect(checkStaleReads([entry(4, get, found('a'))], [])).toHaveLength(1);
  });
});

describe('values that go by themselves', () => {
  it('make counters and winners no evidence; versions do not go back', () => {
    const lifetimes = new NotedLifetimes();
    const counted = [entry(0, increment, found('1')), entry(2, increment, found('1'))];
    expect(checkInvariants(counted, lifetimes)).toHaveLength(1);
    lifetimes.mayBeMissing('k', '1', 1);
    expect(checkInvariants(counted, lifetimes)).toEqual([]);
    const back = [
      entry(0, put('v'), { kind: 'done', ...at(2) }),
      entry(2, get, { kind: 'done', value: 'u', ...at(1) }),
    ];
    expect(checkInvariants(back, lifetimes)).toHaveLength(1);
  });

  it('are not found when they have expired at every node', () => {
    const lifetimes = new NotedLifetimes();
    lifetimes.mayLast('k', 'a', 10);
    expect(checkLateReads([entry(10, get, found('a')), entry(20, get, found('b'))], lifetimes)).toEqual([]);
    expect(checkLateReads([entry(11, get, found('a'))], lifetimes)).toEqual(['read of k at 11: a expired at 10']);
  });
});
