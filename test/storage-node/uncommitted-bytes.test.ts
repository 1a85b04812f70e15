import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UncommittedBytes } from '../../src/storage-node/uncommitted-bytes.ts';

const slot = fc.nat({ max: 2 });
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ step: fc.constant('add' as const), slot, value: fc.nat({ max: 1_000 }) }) },
    { weight: 3, arbitrary: fc.record({ step: fc.constant('commit' as const), slot, value: fc.nat({ max: 400 }) }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('lose' as const), slot, value: fc.constant(0) }) },
  ),
  { minLength: 1, maxLength: 400, size: 'max' },
);

describe('UncommittedBytes', () => {
  it('is the sum of what was added and is not committed, by slot and in all', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const bytes = new UncommittedBytes();
        const model: { sequence: number; bytes: number }[][] = [[], [], []];
        const last = [0, 0, 0];
        for (const { step, slot: number, value } of taken) {
          if (step === 'add') {
            const sequence = ++last[number]!;
            bytes.add(number, sequence, value);
            model[number]!.push({ sequence, bytes: value });
          } else if (step === 'commit') {
            bytes.committed(number, value);
            model[number] = model[number]!.filter(({ sequence }) => sequence > value);
          } else {
            bytes.lost(number);
            model[number] = [];
          }
          expect(bytes.total).toBe(model.flat().reduce((sum, one) => sum + one.bytes, 0));
          for (const [index, waiting] of model.entries()) expect(bytes.has(index)).toBe(waiting.length > 0);
        }
      }),
    );
  });

  it('keeps little of a long row of which some always waits, and of one that has been long', () => {
    const bytes = new UncommittedBytes();
    for (let sequence = 1; sequence <= 100_000; sequence++) {
      bytes.add(0, sequence, 1);
      if (sequence > 10) bytes.committed(0, sequence - 10);
    }
    expect([bytes.total, bytes.has(0)]).toEqual([10, true]);
    expect(bytes.placesOf(0)).toBeLessThan(500);
    bytes.committed(0, 100_000);
    expect([bytes.total, bytes.has(0)]).toEqual([0, false]);
    for (let sequence = 1; sequence <= 1_000; sequence++) bytes.add(1, sequence, 1);
    expect(bytes.placesOf(1)).toBe(2_000);
    bytes.lost(1);
    expect(bytes.placesOf(1)).toBeLessThan(500);
  });
});
