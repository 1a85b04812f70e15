import { describe, expect, it } from 'vitest';
import { Choices } from '../../api/fuzz/random.ts';
import { type HistoryEntry, type KeyOperation, type Outcome, withLosses } from './history.ts';
import { NotedLifetimes } from './lifetimes.ts';
import { checkHistory } from './linearizability.ts';

/** Each row: when it was called, when it returned, what, and how it went. */
type Row = readonly [invokeMs: number, returnMs: number, operation: KeyOperation, outcome: Outcome];

const get = { kind: 'get' } as const;
const remove = { kind: 'delete' } as const;
const put = (value: string) => ({ kind: 'put', value }) as const;
const increment = { kind: 'increment', amount: 1 } as const;
const putIfAbsent = (value: string) => ({ kind: 'put_if_absent', value }) as const;
const compare = (expected: string | null, value: string) => ({ kind: 'compare_and_put', expected, value }) as const;
const done = { kind: 'done' } as const;
const found = (value: string | null) => ({ kind: 'done', value }) as const;
const applied = (yes: boolean) => ({ kind: 'done', applied: yes }) as const;
const unknown = { kind: 'unknown' } as const;

function historyOf(rows: readonly Row[]): HistoryEntry[] {
  return rows.map(([invokeMs, returnMs, operation, outcome], index) => {
    return { client: `c${index}`, key: 'k', invokeMs, returnMs, operation, outcome };
  });
}
const verdictOf = (...rows: Row[]): string => checkHistory(historyOf(rows)).kind;

describe('legal histories', () => {
  it('none', () => expect(verdictOf()).toBe('legal'));

  it('one after the other', () => {
    expect(
      verdictOf(
        [0, 1, get, found(null)],
        [2, 3, put('a'), done],
        [4, 5, get, found('a')],
        [6, 7, remove, applied(true)],
        [8, 9, remove, applied(false)],
        [10, 11, increment, found('1')],
        [12, 13, compare('1', 'b'), applied(true)],
        [14, 15, putIfAbsent('c'), applied(false)],
        [16, 17, get, found('b')],
      ),
    ).toBe('legal');
  });

  it('concurrent puts, seen in either order', () => {
    const puts: Row[] = [
      [0, 10, put('a'), done],
      [0, 10, put('b'), done],
    ];
    expect(verdictOf(...puts, [11, 12, get, found('a')])).toBe('legal');
    expect(verdictOf(...puts, [11, 12, get, found('b')])).toBe('legal');
    expect(verdictOf(...puts, [2, 3, get, found('b')], [11, 12, get, found('a')])).toBe('legal');
  });

  it('operations that touch are concurrent', () => {
    expect(verdictOf([0, 5, put('a'), done], [5, 6, get, found(null)])).toBe('legal');
  });

  it('an unknown increment counted, did not, or counted late', () => {
    const first: Row[] = [
      [0, 1, increment, found('1')],
      [2, 3, increment, unknown],
    ];
    expect(verdictOf(...first, [4, 5, get, found('1')])).toBe('legal');
    expect(verdictOf(...first, [4, 5, get, found('2')])).toBe('legal');
    expect(verdictOf(...first, [4, 5, get, found('1')], [6, 7, increment, found('3')])).toBe('legal');
  });

  it('an unknown put happened before or after another', () => {
    const rows: Row[] = [
      [0, 1, put('a'), unknown],
      [2, 3, put('b'), done],
    ];
    expect(verdictOf(...rows, [4, 5, get, found('b')], [6, 7, get, found('a')])).toBe('legal');
    expect(verdictOf(...rows, [4, 5, compare('a', 'c'), applied(true)])).toBe('legal');
  });

  it('what was certainly not done is left out', () => {
    expect(verdictOf([0, 1, put('a'), { kind: 'not_done' }], [2, 3, get, found(null)])).toBe('legal');
  });

  it('keys are independent', () => {
    const history = historyOf([
      [0, 1, put('a'), done],
      [2, 3, get, found(null)],
    ]);
    expect(checkHistory([history[0]!, { ...history[1]!, key: 'other' }]).kind).toBe('legal');
  });

  it('an announced loss deletes once, in its window', () => {
    const rows = historyOf([
      [0, 1, put('a'), done],
      [5, 6, get, found(null)],
    ]);
    expect(checkHistory(rows).kind).toBe('illegal');
    expect(checkHistory(withLosses(rows, [{ keys: ['k'], fromMs: 2, untilMs: 3 }])).kind).toBe('legal');
    expect(checkHistory(withLosses(rows, [{ keys: ['k'], fromMs: 7, untilMs: 8 }])).kind).toBe('illegal');
    const other = [...rows, ...historyOf([[7, 8, get, found('a')]])];
    expect(checkHistory(withLosses(other, [{ keys: ['k'], fromMs: 2, untilMs: 3 }])).kind).toBe('illegal');
  });

  it('an operation under an idempotency key that a loss interrupts may happen before it and after it', () => {
    const rows = historyOf([
      [0, 9, increment, found('1')],
      [1, 2, get, found('1')],
      [5, 6, get, found(null)],
      [7, 8, get, found('1')],
    ]);
    const losses = [{ keys: ['k'], fromMs: 3, untilMs: 4 }];
    expect(checkHistory(withLosses(rows, losses)).kind).toBe('illegal');
    expect(checkHistory(withLosses([{ ...rows[0]!, idempotent: true }, ...rows.slice(1)], losses)).kind).toBe('legal');
  });
});

describe('losses of a known data epoch', () => {
  const inEpoch = (outcome: Outcome & { kind: 'done' }, dataEpoch: number) => ({ ...outcome, dataEpoch });
  const losses = (fromMs: number, untilMs: number) => [{ keys: ['k'], fromMs, untilMs, dataEpoch: 1 }];
  const verdictWith = (fromMs: number, untilMs: number, ...rows: Row[]): string =>
    checkHistory(withLosses(historyOf(rows), losses(fromMs, untilMs))).kind;
  const written: Row = [0, 1, put('a'), inEpoch(done, 1)];

  it('a deposed primary may tell what was there after the view, until the slot is served anew', () => {
    const late: Row = [11, 12, get, inEpoch(found('a'), 1)];
    expect(verdictWith(10, 20, written, late, [21, 22, get, inEpoch(found(null), 2)])).toBe('legal');
    expect(verdictWith(10, 10, written, late)).toBe('illegal');
  });

  it('who serves the slot anew tells nothing of before, whenever the operation began', () => {
    expect(verdictWith(10, 20, written, [5, 22, get, inEpoch(found('a'), 2)])).toBe('illegal');
    expect(verdictWith(10, 20, written, [5, 22, get, found('a')])).toBe('legal');
  });

  it('a deposed primary misses nothing of before', () => {
    expect(verdictWith(10, 20, written, [12, 14, get, inEpoch(found(null), 1)])).toBe('illegal');
    expect(verdictWith(10, 20, written, [12, 14, get, found(null)])).toBe('legal');
  });

  it('two losses come in the order of their data epochs', () => {
    const rows: Row[] = [written, [0, 40, put('b'), inEpoch(done, 2)], [0, 40, get, inEpoch(found('b'), 2)]];
    const both = [...losses(10, 40), { keys: ['k'], fromMs: 10, untilMs: 40, dataEpoch: 2 }];
    const verdict = (...more: Row[]) => checkHistory(withLosses(historyOf([...rows, ...more]), both)).kind;
    expect(verdict([12, 13, get, inEpoch(found('a'), 1)], [14, 40, get, inEpoch(found(null), 3)])).toBe('legal');
    expect(verdict([14, 40, get, inEpoch(found('b'), 3)])).toBe('illegal');
  });

  it('an operation under an idempotency key is done twice only when its answer is of the newer data epoch', () => {
    const marked = (dataEpoch: number) => [
      { ...historyOf([[0, 25, increment, inEpoch(found('1'), dataEpoch)]])[0]!, idempotent: true },
      ...historyOf([
        [1, 2, get, inEpoch(found('1'), 1)],
        [26, 27, get, inEpoch(found(dataEpoch === 2 ? '1' : null), 2)],
      ]),
    ];
    expect(withLosses(marked(1), losses(10, 20))).toHaveLength(4);
    for (const dataEpoch of [1, 2])
      expect(checkHistory(withLosses(marked(dataEpoch), losses(10, 20))).kind).toBe('legal');
  });

  it('an attempt that nobody waits for any more may be done after the loss', () => {
    const rows = historyOf([
      [0, 3, increment, unknown],
      [4, 5, get, found('1')],
      [21, 22, get, found('1')],
    ]);
    const marked = [{ ...rows[0]!, idempotent: true }, ...rows.slice(1)];
    expect(checkHistory(withLosses(marked, losses(10, 20))).kind).toBe('legal');
    expect(checkHistory(withLosses(rows, losses(10, 20))).kind).toBe('illegal');
  });
});

describe('values that go by themselves', () => {
  function verdictWith(note: (lifetimes: NotedLifetimes) => void, ...rows: Row[]): string {
    const lifetimes = new NotedLifetimes();
    note(lifetimes);
    return checkHistory(historyOf(rows), { lifetimes }).kind;
  }
  const evicted = (lifetimes: NotedLifetimes) => lifetimes.mayBeMissing('k', 'a', 5);
  const written: Row = [0, 1, put('a'), done];

  it('a miss is no evidence once some node has evicted the value, and no sooner', () => {
    expect(verdictWith(evicted, written, [5, 6, get, found(null)], [7, 8, get, found('a')])).toBe('legal');
    expect(verdictWith(evicted, written, [2, 3, get, found(null)])).toBe('illegal');
    expect(verdictWith(evicted, written, [2, 3, put('b'), done], [7, 8, get, found(null)])).toBe('illegal');
  });

  it.each<[string, Row]>([
    ['a delete that found something', [7, 8, remove, applied(true)]],
    ['a delete that found nothing', [7, 8, remove, applied(false)]],
    ['a put', [7, 8, put('b'), done]],
    ['a put_if_absent that won', [7, 8, putIfAbsent('b'), applied(true)]],
    ['a compare that found nothing', [7, 8, compare(null, 'b'), applied(true)]],
    ['an increment that began anew', [7, 8, increment, found('1')]],
  ])('after %s it does not come back', (_name, write) => {
    expect(verdictWith(evicted, written, write)).toBe('legal');
    expect(verdictWith(evicted, written, write, [9, 10, get, found('a')])).toBe('illegal');
  });

  it.each<[string, Row]>([
    ['a put_if_absent that lost', [7, 8, putIfAbsent('b'), applied(false)]],
    ['a compare that lost', [7, 8, compare('a', 'b'), applied(false)]],
    ['a miss', [7, 8, get, found(null)]],
  ])('after %s it may', (_name, operation) => {
    expect(verdictWith(evicted, written, operation, [9, 10, get, found('a')])).toBe('legal');
  });

  it('an unknown increment may have found the value or nothing', () => {
    const counted = (lifetimes: NotedLifetimes) => lifetimes.mayBeMissing('k', '2', 0);
    const rows: Row[] = [
      [0, 1, increment, found('1')],
      [2, 3, increment, found('2')],
      [4, 5, increment, unknown],
    ];
    for (const value of ['1', '2', '3']) expect(verdictWith(counted, ...rows, [6, 7, get, found(value)])).toBe('legal');
    expect(verdictWith(counted, ...rows, [6, 7, get, found('4')])).toBe('illegal');
  });

  it('what has expired at every node is not found by anybody who comes later', () => {
    const expires = (lifetimes: NotedLifetimes): void => {
      lifetimes.mayLast('k', 'a', 20);
      lifetimes.mayBeMissing('k', 'a', 10);
    };
    expect(verdictWith(expires, written, [5, 9, get, found(null)])).toBe('illegal');
    expect(verdictWith(expires, written, [5, 10, get, found(null)], [19, 25, get, found('a')])).toBe('legal');
    expect(verdictWith(expires, written, [21, 25, get, found('a')])).toBe('illegal');
    expect(verdictWith(expires, written, [21, 25, putIfAbsent('b'), applied(false)])).toBe('illegal');
  });

  it('a value that is written more than once lasts until its latest end', () => {
    const lifetimes = new NotedLifetimes();
    for (const untilMs of [20, 30, 25]) lifetimes.mayLast('k', '1', untilMs);
    expect(lifetimes.of('k', '1').goneAfterMs).toBe(30);
    expect(lifetimes.mayGo('k')).toBe(false);
    for (const fromMs of [9, 8, 10]) lifetimes.mayBeMissing('k', '1', fromMs);
    expect(lifetimes.of('k', '1')).toEqual({ missingFromMs: 8, goneAfterMs: 30 });
    expect([lifetimes.mayGo('k'), lifetimes.mayGo('other')]).toEqual([true, false]);
  });
});

describe('illegal histories', () => {
  it.each<[string, ...Row[]]>([
    ['a lost increment', [0, 1, increment, found('1')], [2, 3, increment, found('1')]],
    ['an increment that counted twice', [0, 1, increment, found('1')], [2, 3, get, found('2')]],
    ['a stale read', [0, 1, put('a'), done], [2, 3, put('b'), done], [4, 5, get, found('a')]],
    ['a read from the future', [0, 1, get, found('a')], [2, 3, put('a'), done]],
    ['a lost write', [0, 1, put('a'), done], [2, 3, get, found(null)]],
    ['a value out of nowhere', [0, 1, get, found('a')]],
    ['1, 2, 1', [0, 1, put('1'), done], [2, 9, put('2'), done], [3, 4, get, found('2')], [5, 6, get, found('1')]],
    [
      'a deleted value that comes back',
      [0, 1, put('a'), done],
      [2, 3, remove, done],
      [4, 5, get, found(null)],
      [6, 7, get, found('a')],
    ],
    [
      'a retried put that brings back what was overwritten',
      [0, 9, put('1'), done],
      [1, 2, get, found('1')],
      [3, 4, put('2'), done],
      [5, 6, get, found('2')],
      [10, 11, get, found('1')],
    ],
    [
      'an unknown put that happened twice',
      [0, 1, put('1'), unknown],
      [2, 3, get, found('1')],
      [4, 5, put('2'), done],
      [6, 7, get, found('1')],
    ],
    ['two winners', [0, 5, putIfAbsent('a'), applied(true)], [0, 5, putIfAbsent('b'), applied(true)]],
    ['a loser without a winner', [0, 5, putIfAbsent('a'), applied(false)]],
    [
      'two compares of one value',
      [0, 1, put('a'), done],
      [2, 9, compare('a', 'b'), applied(true)],
      [2, 9, compare('a', 'c'), applied(true)],
    ],
    ['a compare that lost for no reason', [0, 1, put('a'), done], [2, 3, compare('a', 'b'), applied(false)]],
    ['an unknown increment that counted before it began', [0, 1, get, found('1')], [2, 3, increment, unknown]],
  ])('%s', (_name, ...rows) => {
    expect(verdictOf(...rows)).toBe('illegal');
  });

  it('names the key and its operations', () => {
    const verdict = checkHistory(
      historyOf([
        [4, 5, get, found(null)],
        [0, 1, put('a'), done],
      ]),
    );
    expect(verdict).toMatchObject({ kind: 'illegal', key: 'k', ordered: 1 });
    expect(verdict.kind === 'illegal' && verdict.entries.map((entry) => entry.invokeMs)).toEqual([0, 4]);
  });
});

/** A history that is legal, as each operation takes effect at a moment between its call and its return. */
function legalHistory(seed: number, count: number, unknownShare = 0.03): HistoryEntry[] {
  const choices = new Choices(seed);
  const calls = Array.from({ length: count }, (_, index) => {
    const invokeMs = choices.below(count * 4);
    const atMs = invokeMs + choices.next() * 10;
    return { index, invokeMs, atMs, returnMs: atMs + choices.next() * 10, isUnknown: choices.chance(unknownShare) };
  }).sort((a, b) => a.atMs - b.atMs);
  const state = new Map<string, string>();
  return calls.map(({ index, invokeMs, atMs, returnMs, isUnknown }) => {
    const key = choices.of(['r1', 'r2', 'n1']);
    const operation = operationOf(choices, key, `v${index}`, state);
    const client = `c${index}`;
    if (isUnknown && choices.chance(0.5)) return { client, key, invokeMs, returnMs, operation, outcome: unknown };
    const outcome = executed(state, key, operation);
    return {
      client,
      key,
      invokeMs,
      returnMs: isUnknown ? atMs : returnMs,
      operation,
      outcome: isUnknown ? unknown : outcome,
    };
  });
}

function operationOf(choices: Choices, key: string, value: string, state: ReadonlyMap<string, string>): KeyOperation {
  if (key === 'n1') return choices.chance(0.6) ? increment : get;
  const expected = choices.chance(0.7) ? (state.get(key) ?? null) : 'other';
  return choices.of<KeyOperation>([get, get, put(value), remove, putIfAbsent(value), compare(expected, value)]);
}

function executed(state: Map<string, string>, key: string, operation: KeyOperation): Outcome {
  const held = state.get(key) ?? null;
  switch (operation.kind) {
    case 'get':
      return found(held);
    case 'put':
      state.set(key, operation.value);
      return done;
    case 'delete':
      return applied(state.delete(key));
    case 'increment':
      state.set(key, String(Number(held ?? 0) + operation.amount));
      return found(state.get(key)!);
    case 'put_if_absent':
    case 'compare_and_put': {
      const holds = held === (operation.kind === 'put_if_absent' ? null : operation.expected);
      if (holds) state.set(key, operation.value);
      return applied(holds);
    }
  }
}

describe('generated histories', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: a legal one is accepted', (seed) => {
    expect(checkHistory(legalHistory(seed, 600)).kind).toBe('legal');
  });

  it('mutated ones are refused: a read that found something else', () => {
    let refused = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const history = legalHistory(seed, 200);
      const choices = new Choices(seed);
      const reads = history.filter(({ operation, outcome }) => operation.kind === 'get' && outcome.kind === 'done');
      const one = choices.of(reads);
      const changed = history.map((entry) => (entry === one ? { ...entry, outcome: found('v-never-written') } : entry));
      if (checkHistory(changed).kind === 'illegal') refused++;
    }
    expect(refused).toBe(40);
  });

  it('mutated ones are refused: an acknowledged increment less', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const history = legalHistory(seed, 200, 0);
      const increments = history.filter(({ operation, outcome }) => {
        return operation.kind === 'increment' && outcome.kind === 'done';
      });
      const one = increments[increments.length >>> 1];
      expect(checkHistory(history.filter((entry) => entry !== one)).kind).toBe('illegal');
    }
  });

  it('many unknown operations that do the same take few steps', () => {
    const unknowns: Row[] = Array.from({ length: 30 }, (_, index): Row => [index, index, increment, unknown]);
    const legal = historyOf([...unknowns, [100, 101, get, found('17')], [102, 103, increment, found('20')]]);
    const illegal = historyOf([...unknowns, [100, 101, get, found('17')], [102, 103, increment, found('17')]]);
    expect(checkHistory(legal, { stepsMax: 2_000 }).kind).toBe('legal');
    expect(checkHistory(illegal, { stepsMax: 2_000 }).kind).toBe('illegal');
  });

  it('a search beyond its steps is undecided, and says of which key', () => {
    const rows: Row[] = Array.from({ length: 24 }, (_, index): Row => [0, 100, put(`v${index}`), done]);
    const history = historyOf([...rows, [200, 201, get, found('none')]]);
    expect(checkHistory(history, { stepsMax: 10 })).toMatchObject({ kind: 'undecided', key: 'k' });
  });
});
