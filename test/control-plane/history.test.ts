import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepHistoryShort } from '../../src/control-plane/history.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { StoreError } from '../../src/control-plane/store/coordination-store.ts';
import { sleep } from '../../src/shared/control-link/backoff.ts';
import type { Log } from '../../src/shared/process.ts';

const { compactPauseMs } = controlPlaneLimits;

let newest: number;
let asked: number[];
let refusal: Error | undefined;
let warnings: string[];
let over: AbortController;
let ended: Promise<void>;
beforeEach(() => {
  vi.useFakeTimers();
  newest = 1;
  asked = [];
  refusal = undefined;
  warnings = [];
  over = new AbortController();
});
afterEach(async () => {
  over.abort();
  await ended;
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const store = {
  revision: async () => newest,
  compact: async (revision: number) => {
    asked.push(revision);
    if (refusal) throw refusal;
  },
};

function begin(own: Partial<typeof store> = {}): void {
  const warn = (fields: object) => void warnings.push(String((fields as { err: unknown }).err));
  const log: Log = { debug() {}, info() {}, warn, error() {} };
  ended = keepHistoryShort({ store: { ...store, ...own }, over: over.signal, log, sleep });
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Passes one pause, in whose middle the store gets to `revision`. */
async function passTo(revision: number): Promise<void> {
  await pass(compactPauseMs / 2);
  newest = revision;
  await pass(compactPauseMs / 2);
}

describe('history', () => {
  it('goes every five minutes up to what was newest five minutes before', async () => {
    begin();
    await passTo(20);
    expect(asked).toEqual([1]);
    await pass(compactPauseMs - 1);
    expect(asked).toEqual([1]);
    await pass(1);
    expect(asked).toEqual([1, 20]);
    await passTo(30);
    await passTo(40);
    expect(asked).toEqual([1, 20, 30]);
    expect(compactPauseMs).toBe(5 * 60_000);
  });

  it('a revision never goes before it is a pause old', async () => {
    begin();
    const seenMs = new Map([[1, performance.now()]]);
    for (let second = 1; second <= 3 * (compactPauseMs / 1_000); second++) {
      await pass(1_000);
      newest++;
      seenMs.set(newest, performance.now());
      for (const revision of asked.splice(0)) {
        expect(performance.now() - seenMs.get(revision)!).toBeGreaterThanOrEqual(compactPauseMs);
      }
    }
  });

  it('a store in which nothing happens is compacted once', async () => {
    begin();
    await pass(10 * compactPauseMs);
    expect(asked).toEqual([1]);
    await passTo(2);
    await pass(2 * compactPauseMs);
    expect(asked).toEqual([1, 2]);
  });

  it('a refusal is logged once, and newer revisions are tried', async () => {
    begin();
    refusal = new StoreError('refused', 'etcd refuses: permission denied');
    await passTo(2);
    await passTo(3);
    await passTo(4);
    expect(asked).toEqual([1, 2, 3]);
    expect(warnings).toEqual(['StoreError: etcd refuses: permission denied']);
    refusal = new StoreError('refused', 'etcd refuses: mvcc: required revision has been compacted');
    await passTo(5);
    await passTo(6);
    expect(warnings).toHaveLength(2);
    refusal = undefined;
    await passTo(7);
    expect(asked).toEqual([1, 2, 3, 4, 5, 6]);
    expect(warnings).toHaveLength(2);
  });

  it('a store that does not answer is asked again a pause later, for no newer revision than it told', async () => {
    let away = false;
    begin({
      revision: async () => {
        if (away) throw new StoreError('unreachable', 'etcd does not answer');
        return newest;
      },
    });
    away = true;
    await passTo(2);
    await passTo(3);
    expect(asked).toEqual([]);
    expect(warnings).toHaveLength(1);
    away = false;
    await pass(compactPauseMs);
    expect(asked).toEqual([1]);
  });

  it('ends with the tenure, and a call that is under way does not go on to the next', async () => {
    let answer = () => {};
    begin({
      revision: async () => {
        await new Promise<void>((resolve) => (answer = resolve));
        return newest;
      },
    });
    answer();
    await pass(compactPauseMs);
    over.abort();
    answer();
    await ended;
    await pass(2 * compactPauseMs);
    expect(asked).toEqual([]);
    expect(warnings).toEqual([]);
  });
});
