import { beforeEach, describe, expect, it } from 'vitest';
import { frameHeaderBytes, resultHeaderBytes, statusCode } from '../../src/shared/frame/layout.ts';
import { ReplyReader } from '../../src/shared/frame/reply-reader.ts';
import { ReplyWriter } from '../../src/shared/frame/reply-writer.ts';
import { HeldReplies } from '../../src/storage-node/held-replies.ts';
import { resultStarts } from '../../src/storage-node/reply-edit.ts';
import { seededRandom } from '../support/operation-arbitraries.ts';

const readMsMax = 100;
const slotHash = (slot: number) => (slot << 20) >>> 0;

/** A reply to operations of these slots, each with a value of its slot's number as many times. */
function replyOf(slots: readonly number[]): Uint8Array {
  const writer = new ReplyWriter({ allocate: (size) => new Uint8Array(size) }, 64);
  for (const slot of slots) {
    writer.begin(statusCode.done, 0, slot, slotHash(slot));
    const at = writer.item(1, 5, 1_000, slot, 'text/plain', slot);
    writer.bytes.fill(slot, at, at + slot);
    writer.end();
  }
  return writer.finish(7, 9, 1, 1, 0);
}

function statuses(reply: Uint8Array, slots: readonly number[]): string[] {
  const reader = new ReplyReader(reply, { frameIdLow: 7, frameIdHigh: 9, operationCount: slots.length });
  const found = slots.map((slot) => {
    const { status, item } = reader.next(slot, slotHash(slot));
    if (status === 'done') expect([...item!.value]).toEqual(Array(slot).fill(slot));
    else expect(item).toBeNull();
    return status;
  });
  reader.close();
  return found;
}

let held: HeldReplies;
let answers: Uint8Array[];
/** In-sync copies of every slot; null while a view is on its way. */
let copies: number | null;
beforeEach(() => {
  copies = 1;
  held = new HeldReplies({ readMsMax, inSyncCopies: () => copies });
  answers = [];
});

type Wanted = readonly [slot: number, sequence: number, isWrite: boolean, copiesMin?: number];

/** Holds a reply whose results depend on entries, each as slot, sequence, whether it is its own, and copies demanded. */
function hold(dependencies: readonly Wanted[], nowMs = 0): void {
  const reply = replyOf(dependencies.map(([slot]) => slot));
  const starts = resultStarts(reply);
  held.hold(
    reply,
    dependencies.map(([slot, sequence, isWrite, copiesMin = 1], i) => {
      return { slot, sequence, isWrite, copiesMin, resultStart: starts[i]! };
    }),
    [],
    nowMs,
    nowMs + 1_000,
    (answer) => answers.push(answer),
  );
}

describe('held replies', () => {
  it('leave when all of their entries are committed, in whatever order the slots are', () => {
    hold([
      [3, 10, true],
      [4, 2, true],
      [3, 11, true],
    ]);
    held.committed(3, 10);
    held.committed(4, 2);
    expect([answers.length, held.size]).toEqual([0, 1]);
    held.committed(3, 15);
    expect([answers.length, held.size, held.bytes]).toEqual([1, 0, 0]);
    expect(statuses(answers[0]!, [3, 4, 3])).toEqual(['done', 'done', 'done']);
  });

  it('of one slot leave in the order of their entries, one that reads an older one first', () => {
    const left: number[] = [];
    const start = frameHeaderBytes;
    for (const sequence of [5, 7, 6, 9])
      held.hold(
        replyOf([3]),
        [{ slot: 3, sequence, isWrite: true, copiesMin: 1, resultStart: start }],
        [],
        0,
        1_000,
        () => left.push(sequence),
      );
    held.committed(3, 6);
    expect(left).toEqual([5, 6]);
    held.committed(3, 9);
    expect(left).toEqual([5, 6, 7, 9]);
  });

  it('lost: what was committed is told, a write is unknown, a read is to be asked again', () => {
    hold([
      [3, 10, true],
      [3, 11, true],
      [3, 12, false],
      [4, 1, true],
    ]);
    held.lost(3, 10);
    expect(answers).toEqual([]);
    held.committed(4, 1);
    expect(statuses(answers[0]!, [3, 3, 3, 4])).toEqual(['done', 'unknown', 'not_ready', 'done']);
    expect(held.failed).toBe(1);
  });

  it('time: replies to reads wait a moment, those with writes until their frame’s time is up', () => {
    hold([[3, 10, false]]);
    hold([
      [3, 10, false],
      [3, 10, true],
    ]);
    held.tick(readMsMax - 1, () => 0);
    expect(answers).toEqual([]);
    held.tick(readMsMax, () => 0);
    expect(statuses(answers[0]!, [3])).toEqual(['not_ready']);
    held.tick(999, () => 0);
    expect(answers).toHaveLength(1);
    held.tick(1_000, () => 0);
    expect(statuses(answers[1]!, [3, 3])).toEqual(['not_ready', 'unknown']);
    // Nothing is left that would answer once more.
    held.committed(3, 10);
    held.lost(3, 10);
    expect([answers.length, held.size, held.bytes]).toEqual([2, 0, 0]);
  });

  it('time: what is committed by then is told, whatever else its frame waited for', () => {
    hold([
      [3, 10, true],
      [4, 2, true],
    ]);
    held.committed(4, 2);
    held.tick(1_000, (slot) => (slot === 4 ? 2 : 9));
    expect(statuses(answers[0]!, [3, 4])).toEqual(['unknown', 'done']);
  });

  it('copies demanded: each write is judged by those there are when it is committed', () => {
    copies = 2;
    hold([
      [3, 10, true, 2],
      [3, 11, true, 2],
      [3, 12, true, 3],
      [3, 13, true],
      [3, 14, false],
      [4, 2, true, 2],
    ]);
    held.committed(3, 10);
    copies = 1;
    held.committed(3, 11);
    copies = 2;
    held.committed(3, 14);
    expect(answers).toEqual([]);
    held.committed(4, 2);
    expect(statuses(answers[0]!, [3, 3, 3, 3, 3, 4])).toEqual(['done', 'unknown', 'unknown', 'done', 'done', 'done']);
    expect([held.failed, held.size, held.bytes]).toEqual([1, 0, 0]);
  });

  it('copies demanded: while a view is on its way the result waits for it, and no other does', () => {
    copies = null;
    hold([[3, 10, true, 2]]);
    hold([[3, 10, true]]);
    hold([[3, 11, true, 2]]);
    held.committed(3, 10);
    held.tick(10, () => 10);
    expect(answers.map((answer) => statuses(answer, [3]))).toEqual([['done']]);
    copies = 2;
    held.tick(20, () => 10);
    expect(answers.map((answer) => statuses(answer, [3]))).toEqual([['done'], ['done']]);
    copies = 1;
    held.committed(3, 11);
    expect(statuses(answers[2]!, [3])).toEqual(['unknown']);
  });

  it('copies demanded: what is lost, or at its end, before it was judged is unknown, also if it was committed', () => {
    copies = null;
    hold([[3, 10, true, 2]]);
    hold([
      [4, 10, true, 2],
      [4, 10, true],
    ]);
    held.committed(3, 10);
    held.committed(4, 10);
    copies = 2;
    held.lost(3, 10);
    expect(statuses(answers[0]!, [3])).toEqual(['unknown']);
    copies = null;
    held.tick(1_000, () => 10);
    expect(statuses(answers[1]!, [4, 4])).toEqual(['unknown', 'done']);
    expect([held.size, held.bytes]).toEqual([0, 0]);
  });

  it.each([1, 2, 3])('whatever comes in whatever order: each reply once, and true (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const below = (bound: number) => Math.floor(random() * bound);
    const committed = new Map<number, number>();
    const given = new Map<number, number>();
    /** Up to where each slot has been committed at a moment with two copies. */
    const onTwo = new Map<number, number>();
    const noteCopies = (slot: number): void => {
      if (copies === 2) onTwo.set(slot, committed.get(slot) ?? 0);
    };
    const expected: { slots: number[]; allowed: (status: string, i: number) => boolean; answered: number }[] = [];
    let nowMs = 0;
    for (let round = 0; round < 2_000; round++) {
      const dice = random();
      if (dice < 0.5) {
        const slots = Array.from({ length: 1 + below(4) }, () => 1 + below(5));
        const wanted = slots.map((slot) => {
          const isWrite = random() < 0.7;
          const sequence = (given.get(slot) ?? 0) + (isWrite || !given.has(slot) ? 1 : 0);
          given.set(slot, sequence);
          return { slot, sequence, isWrite, copiesMin: isWrite && random() < 0.5 ? 2 : 1 };
        });
        const waiting = wanted.filter(({ slot, sequence }) => sequence > (committed.get(slot) ?? 0));
        if (waiting.length === 0) continue;
        const reply = replyOf(slots);
        const starts = resultStarts(reply);
        const entry = {
          slots,
          answered: 0,
          allowed: (status: string, i: number) => {
            const { slot, sequence, isWrite, copiesMin } = wanted[i]!;
            if (status !== 'done') return status === (isWrite ? 'unknown' : 'not_ready');
            const isJudged = waiting.includes(wanted[i]!) && copiesMin > 1;
            return sequence <= ((isJudged ? onTwo : committed).get(slot) ?? 0);
          },
        };
        expected.push(entry);
        const dependencies = wanted.flatMap((one, i) =>
          waiting.includes(one) ? [{ ...one, resultStart: starts[i]! }] : [],
        );
        held.hold(reply, dependencies, [], nowMs, nowMs + 400, (answer) => {
          entry.answered++;
          statuses(answer, slots).forEach((status, i) => {
            expect(entry.allowed(status, i), `${status} ${i}`).toBe(true);
          });
        });
      } else if (dice < 0.85) {
        const slot = 1 + below(5);
        const newest = given.get(slot) ?? 0;
        const upTo = Math.min(newest, (committed.get(slot) ?? 0) + below(6));
        committed.set(slot, upTo);
        copies = [null, 1, 2, 2, 2][below(5)]!;
        noteCopies(slot);
        held.committed(slot, upTo);
      } else if (dice < 0.9) {
        const slot = 1 + below(5);
        held.lost(slot, committed.get(slot) ?? 0);
      } else {
        nowMs += below(60);
        for (const slot of committed.keys()) noteCopies(slot);
        held.tick(nowMs, (slot) => committed.get(slot) ?? 0);
      }
    }
    held.tick(nowMs + 1_000, () => 0);
    expect(expected.filter(({ answered }) => answered !== 1)).toEqual([]);
    expect([held.size, held.bytes]).toEqual([0, 0]);
  });

  it('an edited reply is as long as what is left in it', () => {
    hold([[200, 1, true]]);
    held.lost(200, 0);
    expect(answers[0]!.length).toBe(frameHeaderBytes + resultHeaderBytes);
  });
});
