import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slot } from '../../../src/storage-node/replication/slot.ts';
import { SlotSet } from '../../../src/storage-node/replication/slot-set.ts';

const count = 8;
const number = fc.nat({ max: count - 1 });
const steps = fc.array(
  fc.oneof(
    fc.record({ step: fc.constant('add' as const), number }),
    fc.record({ step: fc.constant('delete' as const), number }),
    fc.record({ step: fc.constant('takeAll' as const), number }),
  ),
  { maxLength: 60 },
);
const sorted = (slots: Iterable<Slot>) => [...slots].map(({ number: found }) => found).sort((a, b) => a - b);

describe('SlotSet', () => {
  it('does what a set does', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const slots = Array.from({ length: count }, (_, index) => new Slot(index, { bytes: 0 }));
        const set = new SlotSet(count);
        const model = new Set<Slot>();
        for (const { step, number: index } of taken) {
          const slot = slots[index]!;
          if (step === 'takeAll') {
            expect(sorted(set.takeAll())).toEqual(sorted(model));
            model.clear();
          } else {
            set[step](slot);
            model[step](slot);
          }
          expect(set.size).toBe(model.size);
          expect(sorted(set.all())).toEqual(sorted(model));
          for (const one of slots) expect(set.has(one)).toBe(model.has(one));
        }
      }),
    );
  });

  it('what was taken from it does not change with it', () => {
    const slots = Array.from({ length: 3 }, (_, index) => new Slot(index, { bytes: 0 }));
    const set = new SlotSet(3);
    for (const slot of slots) set.add(slot);
    const all = set.all();
    set.delete(slots[0]!);
    const rest = set.takeAll();
    set.add(slots[0]!);
    expect([sorted(all), sorted(rest), sorted(set.all())]).toEqual([[0, 1, 2], [1, 2], [0]]);
  });
});
