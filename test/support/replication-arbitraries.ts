import fc from 'fast-check';
import { slotCount } from '../../src/shared/slots.ts';
import type { ReplicationMessage } from '../../src/storage-node/replication/messages.ts';

const u32 = fc.oneof(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0xffff_ffff));
const counts = fc.oneof(fc.nat({ max: 5 }), fc.maxSafeNat(), fc.constantFrom(0xffff_ffff, 2 ** 32, 2 ** 53 - 1));
const slot = fc.integer({ min: 0, max: slotCount - 1 });
const payload = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1_000, max: 9_000 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
  },
);
const entries = fc.array(fc.record({ sequence: counts, hash: u32, payload }), { maxLength: 6 });
const parts = fc.array(fc.record({ sequence: counts, payload }), { maxLength: 6 });
const slots = fc.array(fc.record({ slot, epoch: u32 }), { maxLength: 40 });
const kind = <Kind extends string>(name: Kind) => fc.constant(name);

/** Messages of every kind. */
export const replicationMessages: fc.Arbitrary<ReplicationMessage> = fc.oneof(
  fc.record({
    kind: kind('append'),
    slot,
    epoch: u32,
    dataEpoch: u32,
    session: counts,
    committed: counts,
    entries,
  }),
  fc.record({ kind: kind('ack'), slot, epoch: u32, session: counts, last: counts }),
  fc.record({ kind: kind('refuse'), slot, epoch: u32 }),
  fc.record({ id: counts, slots }).map(({ id, slots }) => ({
    kind: 'beacon' as const,
    id,
    slots: slots.map(({ slot }) => slot),
    epochs: slots.map(({ epoch }) => epoch),
  })),
  fc.record({ id: counts, slots }).map(({ id, slots }) => ({
    kind: 'promise' as const,
    id,
    refusedSlots: slots.map(({ slot }) => slot),
    refusedEpochs: slots.map(({ epoch }) => epoch),
  })),
  fc.record({ kind: kind('query'), slot, epoch: u32, dataEpoch: u32, last: counts }),
  fc.record({ kind: kind('report'), slot, epoch: u32, last: counts, committed: counts, servedEpoch: u32, entries }),
  fc.record({ kind: kind('join'), slot, epoch: u32, dataEpoch: u32, session: counts, committed: counts }),
  fc.record({ kind: kind('copy'), slot, epoch: u32, session: counts, batch: u32, final: fc.boolean(), parts }),
  fc.record({ kind: kind('copied'), slot, session: counts, batch: u32 }),
);
