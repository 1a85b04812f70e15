import { describe, expect, it } from 'vitest';
import type { ResultStatus } from '../../../src/shared/operation.ts';
import type { StorageEngine } from '../../../src/storage-node/engine/storage-engine.ts';
import { fuzzNode, nodeWorldOf, replayList } from './fuzz.ts';
import type { Step } from './step.ts';

const firstSeed = Number(process.env['GODWIT_FUZZ_SEED'] ?? 8);

describe('a node with a segcache against the operations’ model', () => {
  it.each(
    Array.from(
      { length: 4 },
      (_, i) => [nodeWorldOf(firstSeed + i).ample ? 'ample memory' : 'pressure', firstSeed + i] as const,
    ),
  )(
    'random frames answer as a Map would, with %s (seed %i)',
    (_memory, seed) => {
      const { statuses, evicted } = fuzzNode({ seed, steps: 2_000, checkEvery: 500 });
      const met: ResultStatus[] = [
        'done',
        'missing',
        'condition_not_met',
        'bound_reached',
        'ttl_not_changed',
        'not_an_integer',
      ];
      for (const status of met) expect(statuses.get(status), status).toBeGreaterThan(0);
      if (!nodeWorldOf(seed).ample) expect(evicted).toBeGreaterThan(10);
    },
    60_000,
  );

  it('a defect shrinks to the steps that show it', () => {
    const wrap = (engine: StorageEngine): StorageEngine => {
      const { setExpiry } = engine;
      // Forgets that a TTL may also be made longer.
      engine.setExpiry = function (...item) {
        const [namespace, key, start, length, , expiresAtMs, nowMs] = item;
        if (this.find(namespace, key, start, length, nowMs, false) && this.found.expiresAtMs < expiresAtMs)
          return 'stored';
        return setExpiry.apply(this, item);
      };
      return engine;
    };
    let looks = 0;
    // Each look takes a millisecond, so that the budget is a number of tries.
    const clock = { monotonicMs: () => ++looks, wallMs: () => 0 };
    const run = () => fuzzNode({ seed: 2, steps: 1_000, checkEvery: 500, wrap, shrinkMs: 400, clock });
    let text = '';
    try {
      run();
    } catch (error) {
      text = (error as Error).message;
    }
    expect(text).toMatch(/^seed 2, step operation \d+: /);
    const lines = text.split('\n').filter((line) => line.startsWith('    {'));
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(text).toContain("kind: 'ttl'");
  });

  it('replayList: what a failing seed prints can be run again', () => {
    const at = { cache: 0, key: 1 };
    const steps: Step[] = [
      {
        kind: 'frame',
        operations: [{ kind: 'set', ...at, value: { bytes: 200_000, seed: 1 }, contentType: 'text/plain', ttlMs: 100 }],
      },
      { kind: 'flush', cache: 1 },
      { kind: 'frame', operations: [{ kind: 'get', ...at }] },
      { kind: 'flush', cache: 0 },
      {
        kind: 'frame',
        operations: [
          { kind: 'get', ...at },
          { kind: 'increment', ...at, amount: 2n, ttlMs: 5, ttlOnCreateOnly: true },
        ],
      },
      { kind: 'advance', ms: 5 },
      { kind: 'frame', operations: [{ kind: 'take', ...at }] },
    ];
    const { statuses } = replayList(nodeWorldOf(0), steps);
    expect([...statuses]).toEqual([
      ['done', 3],
      ['missing', 2],
    ]);
  });
});
