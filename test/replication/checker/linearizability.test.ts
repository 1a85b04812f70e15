import { describe, expect, it } from 'vitest';
import { Choices } from '../../api/fuzz/random.ts';
import { type HistoryEntry, type KeyOperation, type Outcome, withLosses } from './history.ts';
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
