import { describe, expect, test } from 'vitest';
import { type BatchResult, BatchRun } from '../../../../src/api/routes/batch/batch-run.ts';
import { batchLimits } from '../../../../src/api/routes/batch/limits.ts';
import type { FleetClient } from '../../../../src/routing/fleet-client.ts';
import type { OutcomeReceiver } from '../../../../src/routing/pending-operation.ts';
import { ManualClock } from '../../../../src/shared/clock.ts';
import { GodwitError } from '../../../../src/shared/errors.ts';
import { cacheSettingsDefault } from '../../../../src/shared/fleet-state.ts';
import { hopLimits, limits } from '../../../../src/shared/limits.ts';
import type { CacheHandle, Operation, OperationResult } from '../../../../src/shared/operation.ts';

const cache: CacheHandle = {
  account: 'a',
  name: 'c',
  seed: 0,
  namespace: 1,
  topicSpace: 1,
  settings: cacheSettingsDefault,
};
const target = (hash: number) => ({ cache, hash, key: Uint8Array.of(hash) });
const get = (hash: number): Operation => ({ kind: 'get', ...target(hash) });
const take = (hash: number): Operation => ({ kind: 'take', ...target(hash) });
const remove = (hash: number): Operation => ({ kind: 'delete', ...target(hash) });

function result(valueBytes = 0): OperationResult {
  const value = { length: valueBytes } as Uint8Array;
  const item = { version: { dataEpoch: 1, sequence: 1 }, ttlMs: 1, valueLength: valueBytes, contentType: '', value };
  return { status: 'done', item, replayed: false, existed: true, nodeMicros: 0 };
}

/** A fleet whose operations have the outcome that the test gives them, when it gives it. */
class FakeFleet {
  readonly clock = new ManualClock();
  readonly sent: { operation: Operation; deadlineMs: number; receive: OutcomeReceiver }[] = [];

  submit(operation: Operation, _trace: Uint8Array | null, deadlineMs: number, receive: OutcomeReceiver): void {
    this.sent.push({ operation, deadlineMs, receive });
  }

  run(steps: readonly (Operation | GodwitError)[]): Promise<BatchResult[]> {
    return new BatchRun(this as unknown as FleetClient, null, steps).run();
  }

  answer(index: number, valueBytes = 0): void {
    this.sent[index]!.receive(result(valueBytes), null);
  }

  get hashes(): number[] {
    return this.sent.map(({ operation }) => operation.hash);
  }
}

const codes = (results: readonly BatchResult[]): string[] =>
  results.map((one) => (one instanceof GodwitError ? one.code : one.status));

describe('batch run', () => {
  test('no operations: no results', async () => {
    expect(await new FakeFleet().run([])).toEqual([]);
  });

  test('answers in any order: results in the order of the request', async () => {
    const fleet = new FakeFleet();
    const results = fleet.run([get(1), new GodwitError('invalid_argument', 'bad'), get(2)]);
    fleet.answer(1, 7);
    fleet.sent[0]!.receive(null, new GodwitError('overloaded', 'full'));
    expect(codes(await results)).toEqual(['overloaded', 'invalid_argument', 'done']);
  });

  test('a key that comes again: sent when the operation before it has its outcome, even a failure', async () => {
    const fleet = new FakeFleet();
    const results = fleet.run([remove(1), get(2), get(1), remove(2), get(1)]);
    expect(fleet.hashes).toEqual([1, 2]);
    fleet.sent[0]!.receive(null, new GodwitError('outcome_unknown', 'lost'));
    expect(fleet.hashes).toEqual([1, 2, 1]);
    fleet.answer(2);
    expect(fleet.hashes).toEqual([1, 2, 1, 1]);
    fleet.answer(1);
    fleet.answer(3);
    fleet.answer(4);
    expect(codes(await results)).toEqual(['outcome_unknown', 'done', 'done', 'done', 'done']);
  });

  test('reads alone: not held up by a key that comes again', () => {
    const fleet = new FakeFleet();
    void fleet.run([get(1), get(1), get(1)]);
    expect(fleet.sent).toHaveLength(3);
  });

  test('many operations: only so many under way at once', async () => {
    const fleet = new FakeFleet();
    const count = batchLimits.operationsInFlightMax + 10;
    const results = fleet.run(Array.from({ length: count }, (_, index) => get(index)));
    expect(fleet.sent).toHaveLength(batchLimits.operationsInFlightMax);
    for (let i = 0; i < count; i++) {
      fleet.answer(i);
      expect(fleet.sent.length - i - 1).toBeLessThanOrEqual(batchLimits.operationsInFlightMax);
    }
    expect(await results).toHaveLength(count);
  });

  test('outcomes that come at once: neither lost nor nested', async () => {
    const fleet = new FakeFleet();
    fleet.submit = (_operation, _trace, _deadlineMs, receive) => receive(null, new GodwitError('overloaded', 'full'));
    const steps = Array.from({ length: limits.batchItemsMax }, () => remove(1));
    expect(new Set(codes(await fleet.run(steps)))).toEqual(new Set(['overloaded']));
  });

  test('values beyond the answer: left out, and no more are asked for', async () => {
    const fleet = new FakeFleet();
    const count = batchLimits.operationsInFlightMax + 1;
    const results = fleet.run(Array.from({ length: count }, (_, index) => get(index)));
    const half = limits.batchAnswerBytesMax / 2;
    fleet.answer(0, half);
    fleet.answer(1, half + 1);
    fleet.answer(2, half);
    for (let i = 3; i < fleet.sent.length; i++) fleet.answer(i, 1);
    const seen = codes(await results);
    expect(seen.slice(0, 3)).toEqual(['done', 'answer_too_large', 'done']);
    expect(seen.at(-1)).toBe('answer_too_large');
  });

  test('an answer that is full: reads not sent yet are refused, writes go on', async () => {
    const fleet = new FakeFleet();
    const results = fleet.run([take(1), get(1), take(1), remove(1), get(2)]);
    fleet.answer(0, limits.batchAnswerBytesMax);
    fleet.answer(1, 1);
    fleet.answer(2);
    expect(codes(await results)).toEqual(['done', 'answer_too_large', 'answer_too_large', 'done', 'answer_too_large']);
  });

  test('writes that answer a value: sent only when the largest would fit, so that none is lost', async () => {
    const fleet = new FakeFleet();
    const atOnce = Math.floor(limits.batchAnswerBytesMax / limits.itemSizeBytesMax);
    const results = fleet.run(Array.from({ length: atOnce + 2 }, (_, index) => take(index)));
    expect(fleet.sent).toHaveLength(atOnce);
    fleet.answer(0, limits.itemSizeBytesMax);
    expect(fleet.sent).toHaveLength(atOnce);
    fleet.answer(1, 100);
    expect(fleet.sent).toHaveLength(atOnce + 1);
    for (let i = 2; i <= atOnce; i++) fleet.answer(i, 100);
    expect(fleet.sent).toHaveLength(atOnce + 2);
    fleet.answer(atOnce + 1, limits.itemSizeBytesMax);
    expect(new Set(codes(await results))).toEqual(new Set(['done']));
  });

  test('the deadline: shared by all, and past it nothing more is sent', async () => {
    const fleet = new FakeFleet();
    const results = fleet.run([remove(1), remove(1), remove(1)]);
    expect(fleet.sent[0]!.deadlineMs).toBe(hopLimits.deadlineMs);
    fleet.clock.advance(1_000);
    fleet.answer(0);
    expect(fleet.sent[1]!.deadlineMs).toBe(hopLimits.deadlineMs - 1_000);
    fleet.clock.advance(hopLimits.deadlineMs);
    fleet.answer(1);
    expect(codes(await results)).toEqual(['done', 'done', 'storage_unavailable']);
  });
});
