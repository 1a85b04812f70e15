import { describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../replication/checker/history.ts';
import { slotOfKey } from '../fleet/view-watch.ts';
import { Round } from '../workload/round.ts';
import { checkRound } from './check-round.ts';

const cache = 'default';

function roundWith(...steps: readonly [number, HistoryEntry['operation'], HistoryEntry['outcome']][]) {
  const round = new Round('r', 0, 0);
  const key = round.keys[0]!;
  for (const [atMs, operation, outcome] of steps)
    key.history.push({ client: 'c', key: key.name, invokeMs: atMs, returnMs: atMs + 1, operation, outcome });
  return { round, slot: slotOfKey(cache, key.name) };
}

const lost = roundWith(
  [0, { kind: 'put', value: 'a' }, { kind: 'done' }],
  [10, { kind: 'get' }, { kind: 'done', value: null }],
);

describe('the check of a round', () => {
  it('an acknowledged write that is gone is a violation', () => {
    const { violations, checked } = checkRound(lost.round, { cache, resets: [], evicts: false });
    expect(checked).toBe(2);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain('is not linearizable');
  });

  it('it is none when its slot restarted empty in between, or items are evicted', () => {
    const reset = { slot: lost.slot, dataEpoch: 2, fromMs: 2, untilMs: 8, copies: undefined };
    expect(checkRound(lost.round, { cache, resets: [reset], evicts: false }).violations).toEqual([]);
    expect(checkRound(lost.round, { cache, resets: [], evicts: true }).violations).toEqual([]);
  });

  it('a loss of another slot, or at another time, explains nothing', () => {
    const elsewhere = { slot: (lost.slot + 1) % 4_096, dataEpoch: 2, fromMs: 2, untilMs: 8, copies: undefined };
    const later = { slot: lost.slot, dataEpoch: 2, fromMs: 12, untilMs: 18, copies: undefined };
    const { violations } = checkRound(lost.round, { cache, resets: [elsewhere, later], evicts: false });
    expect(violations).toHaveLength(1);
  });

  it('with evictions a value that comes back is still a violation', () => {
    const { round } = roundWith(
      [0, { kind: 'put', value: 'a' }, { kind: 'done' }],
      [10, { kind: 'get' }, { kind: 'done', value: null }],
      [20, { kind: 'get' }, { kind: 'done', value: 'a' }],
    );
    expect(checkRound(round, { cache, resets: [], evicts: true }).violations).toHaveLength(1);
  });
});
