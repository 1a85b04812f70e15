import { describe, expect, it } from 'vitest';
import { Counters } from '../../bench/soak/counters.ts';
import { Ledger } from '../../bench/soak/ledger.ts';
import { ceilingBytes } from '../../bench/soak/limits.ts';
import { parseMetrics } from '../../bench/soak/node-under-test.ts';
import { cycle, keyCount, phasesOf, valueBytesOf } from '../../bench/soak/phases.ts';
import type { PhaseSample, SoakOptions, SoakRun } from '../../bench/soak/run.ts';
import { Values } from '../../bench/soak/values.ts';
import { judge } from '../../bench/soak/verdict.ts';

const options: SoakOptions = {
  memoryBytes: 64 * 1024 * 1024,
  minutes: 1,
  cycles: 1,
  seed: 1,
  judgeThroughput: true,
};

/** A phase in which all is well. */
function sample(place: string, changes: { operations?: number; peakBytes?: number; wrong?: number } = {}): PhaseSample {
  return {
    place,
    cycle: 1,
    seconds: 10,
    cpuSeconds: 10,
    counts: {
      operations: changes.operations ?? 100_000,
      hits: 10,
      misses: 10,
      sets: 10,
      deletes: 10,
      increments: 10,
      replays: 1,
      refused: 0,
      failed: {},
      wrong: changes.wrong ?? 0,
      bytesRead: 1,
      bytesWritten: 1,
    },
    resident: { samples: 10, meanBytes: 1e8, peakBytes: changes.peakBytes ?? 1e8 },
    engine: {
      liveBytes: 60e6,
      deadBytes: 0,
      freeBytes: 1e6,
      limitBytes: 64e6,
      items: 1_000,
      evictions: 5,
      expirations: 5,
      idempotencyRecords: 1,
    },
  };
}

const runOf = (...phases: PhaseSample[]): SoakRun => ({ phases, warmUp: [], described: [] });
const failuresOf = (run: SoakRun): readonly string[] => judge(run, options).failures;

describe('soak verdict', () => {
  it('passes when memory, throughput and answers are as promised', () => {
    expect(failuresOf(runOf(sample('tiny'), sample('jumbo'), sample('tiny')))).toEqual([]);
  });

  it('ceiling: 1.1 of the memory and 175 MB; one byte more in any phase fails', () => {
    const ceiling = ceilingBytes(1e9);
    expect(ceiling).toBe(1_275_000_000);
    const at = ceilingBytes(options.memoryBytes);
    expect(failuresOf(runOf(sample('tiny', { peakBytes: at }), sample('tiny')))).toEqual([]);
    const [failure] = failuresOf(runOf(sample('tiny'), sample('jumbo', { peakBytes: at + 1 }), sample('tiny')));
    expect(failure).toMatch(/resident \(jumbo\), above the ceiling/);
  });

  it('ceiling: holds while the node is filled, too', () => {
    const run = { ...runOf(sample('tiny'), sample('tiny')), warmUp: [sample('filling', { peakBytes: 1e12 })] };
    expect(failuresOf(run)[0]).toMatch(/resident \(filling\)/);
  });

  it('throughput: a last phase below 0.9 of the first one of the same sizes fails, other sizes do not matter to it', () => {
    const slow = runOf(sample('tiny'), sample('jumbo', { operations: 12_000 }), sample('tiny', { operations: 89_000 }));
    expect(failuresOf(slow)[0]).toMatch(/did 0\.89/);
    const fast = runOf(sample('tiny'), sample('jumbo', { operations: 12_000 }), sample('tiny', { operations: 91_000 }));
    expect(failuresOf(fast)).toEqual([]);
  });

  it('throughput: a decline at the other sizes shows in the mean over all', () => {
    const run = runOf(
      sample('tiny'),
      sample('jumbo'),
      sample('tiny'),
      sample('jumbo', { operations: 50_000 }),
      sample('tiny'),
    );
    expect(failuresOf(run)).toEqual([expect.stringMatching(/over all sizes the last cycle did 0\.71/)]);
  });

  it('answers: a wrong one fails, and so does an error that nobody expects', () => {
    expect(failuresOf(runOf(sample('tiny', { wrong: 1 }), sample('tiny')))).toEqual(['1 wrong answers']);
    const failing = sample('tiny');
    failing.counts.failed['outcome_unknown'] = 2;
    expect(failuresOf(runOf(failing, sample('tiny')))).toEqual(['2 operations failed: outcome_unknown']);
  });

  it('proof: too few operations, memory that was never full, or no eviction prove nothing', () => {
    const few = runOf(sample('tiny', { operations: 5 }), sample('tiny', { operations: 5 }));
    expect(failuresOf(few)).toEqual([expect.stringMatching(/proved nothing: 10 operations/)]);
    const roomy = sample('tiny');
    const empty = { ...roomy, engine: { ...roomy.engine, freeBytes: 60e6, evictions: 0 } };
    expect(failuresOf(runOf(empty, empty))).toEqual([
      expect.stringMatching(/never full, 94 % were free/),
      'proved nothing: nothing was evicted',
    ]);
  });
});

describe('soak checks', () => {
  it('values: whole ones tell their version; a changed byte, another key or a cut end does not pass', () => {
    const values = new Values(10_000);
    const value = values.make(7, 3, 9_000);
    expect(values.versionIn(value, 7)).toBe(3);
    expect(values.versionIn(value, 8)).toBeUndefined();
    expect(values.versionIn(value.subarray(0, 8_999), 7)).toBeUndefined();
    value[5_000]! ^= 1;
    expect(values.versionIn(value, 7)).toBeUndefined();
  });

  it('ledger: a miss is never wrong; a deleted, an older or an ended item is', () => {
    const ledger = new Ledger(2);
    expect(ledger.objection(0, 1, 0)).toMatch(/deleted/);
    ledger.stored(0, 2, 1_000);
    expect(ledger.objection(0, 2, 999)).toBeUndefined();
    expect(ledger.objection(0, 1, 999)).toMatch(/older/);
    expect(ledger.objection(0, 2, 1_000)).toMatch(/TTL/);
    ledger.removed(0);
    expect(ledger.objection(0, 2, 999)).toMatch(/deleted/);
    ledger.lost(0);
    expect(ledger.objection(0, 1, 2_000)).toBeUndefined();
  });

  it('counters: go on by one, begin again at 1 when forgotten, and anything after an unknown outcome', () => {
    const counters = new Counters(1);
    expect(counters.answered(0, 1, false)).toBeUndefined();
    expect(counters.answered(0, 2, true)).toBeUndefined();
    expect(counters.answered(0, 2, true)).toMatch(/did not add 1/);
    expect(counters.answered(0, 2, false)).toMatch(/begin at 1/);
    counters.release(0, false);
    expect(counters.answered(0, 40, true)).toBeUndefined();
  });

  it('phases: sizes grow and shrink again, and the last phase is the first once more', () => {
    const ids = phasesOf(1).map(({ sizes }) => sizes.id);
    expect(ids).toEqual(['tiny', 'small', 'large', 'jumbo', 'large', 'small', 'tiny']);
    for (const { sizes } of cycle) {
      expect(valueBytesOf(sizes, 0)).toBe(sizes.valueBytesMin);
      expect(valueBytesOf(sizes, 1 - 1e-12)).toBeLessThanOrEqual(sizes.valueBytesMax);
      const mean =
        Array.from({ length: 1_000 }, (_, i) => valueBytesOf(sizes, i / 1_000)).reduce((a, b) => a + b) / 1e3;
      expect(keyCount(sizes, 64e6) * (mean + 50)).toBeGreaterThan(2 * 64e6);
    }
  });

  it('metrics: are read by name and label; a missing one is an error and no zero', () => {
    const text = [
      'godwit_node_memory_bytes{use="live"} 1',
      'godwit_node_memory_bytes{use="dead"} 2',
      'godwit_node_memory_bytes{use="free"} 3',
      'godwit_node_memory_bytes{use="limit"} 4',
      'godwit_cache_items{account="default",cache="default"} 5',
      'godwit_cache_evictions_total{account="default",cache="default"} 6',
      'godwit_cache_expirations_total{account="default",cache="default"} 7',
      'godwit_node_idempotency_records 8',
    ];
    expect(Object.values(parseMetrics(text.join('\n')))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(() => parseMetrics(text.slice(1).join('\n'))).toThrow(/no metric godwit_node_memory_bytes/);
  });
});
